"""Calendar days, and when they begin on the clocks of the shop and its customers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, bindparam, case, literal
from sqlmodel import col

from shop.tables import Customer
from shop.types.moment import microseconds

DAY = timedelta(days=1)
SHOP_CLOCK = 0  # the number of the shop's clock


@dataclass(frozen=True)
class Clock:
    """The zones whose days begin at the same moments, within the days considered."""

    number: int
    zone: ZoneInfo
    names: Collection[str]


@dataclass(frozen=True)
class Span:
    """Consecutive days that begin equally long after UTC's, on one clock; in microseconds."""

    clock: int
    first: int
    last: int
    shift: int


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of `day`; where the clocks skip midnight, the moment they do."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def utc_midnight(day: date) -> int:
    """The microseconds of UTC's midnight, which serve as the number of a day."""
    return microseconds(datetime(day.year, day.month, day.day, tzinfo=UTC))


def distinct_clocks(
    shop_zone: ZoneInfo, customer_zones: Mapping[str, ZoneInfo], days: Sequence[date]
) -> list[Clock]:
    """Returns the shop's clock, and those of `customer_zones` that differ from it on `days`."""
    zones_by_starts: dict[tuple[datetime, ...], list[str]] = defaultdict(list)
    shop_starts = tuple(day_start(day, shop_zone) for day in days)
    for name, zone in customer_zones.items():
        zones_by_starts[tuple(day_start(day, zone) for day in days)].append(name)
    zones_by_starts.pop(shop_starts, None)
    customer_clocks = [
        Clock(number, customer_zones[names[0]], names)
        for number, names in enumerate(zones_by_starts.values(), start=SHOP_CLOCK + 1)
    ]
    return [Clock(SHOP_CLOCK, shop_zone, ()), *customer_clocks]


def days_around(start: datetime, end: datetime) -> list[date]:
    """Every day that begins somewhere on earth between `start` and `end`."""
    first = start.astimezone(UTC).date() - DAY
    return [first + n * DAY for n in range((end.astimezone(UTC).date() - first).days + 2)]


def days_begun(
    days: Sequence[date], zone_clocks: Collection[Clock], start: datetime, end: datetime
) -> list[date]:
    """The days that begin on any of these clocks after `start` and by `end`."""
    return [
        day
        for day in days
        if any(start < day_start(day, clock.zone) <= end for clock in zone_clocks)
    ]


def day_spans(days: Sequence[date], clock: Clock) -> Iterator[Span]:
    """Yields few spans however many `days` there are: clocks change twice a year."""

    def shift(day: date) -> int:
        return microseconds(day_start(day, clock.zone)) - utc_midnight(day)

    for offset, same_shift in groupby(days, shift):
        consecutive = list(same_shift)
        yield Span(
            clock.number, utc_midnight(consecutive[0]), utc_midnight(consecutive[-1]), offset
        )


def customer_clock(prefix: str, zone_clocks: Sequence[Clock]) -> ColumnElement[Any]:
    """SQL expression: the number of the customer's clock; the shop's for an unknown zone.

    The names of its parameters begin with `prefix`; `customer_clock_values` has their values.
    """
    zone = col(Customer.timezone)
    cases = [
        (zone.in_(bindparam(name, list(clock.names), expanding=True)), literal(clock.number))
        for name, clock in _clocks_by_parameter(prefix, zone_clocks).items()
    ]
    return case(*cases, else_=literal(SHOP_CLOCK)) if cases else literal(SHOP_CLOCK)


def customer_clock_values(prefix: str, zone_clocks: Sequence[Clock]) -> dict[str, list[str]]:
    """Returns the values of the parameters of `customer_clock`, by name."""
    clocks = _clocks_by_parameter(prefix, zone_clocks)
    return {name: list(clock.names) for name, clock in clocks.items()}


def _clocks_by_parameter(prefix: str, zone_clocks: Sequence[Clock]) -> dict[str, Clock]:
    return {f"{prefix}_zones_{clock.number}": clock for clock in zone_clocks if clock.names}
