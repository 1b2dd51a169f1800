"""Days of the calendar, and when they begin on the clocks of the shop and of its customers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, literal
from sqlmodel import col

from shop.tables import Customer
from shop.types.moment import microseconds

DAY = timedelta(days=1)
SHOPS = 0  # the number of the shop's clock


@dataclass(frozen=True)
class Clock:
    """One of all clocks that agree on these days, and the zones that have it."""

    number: int
    zone: ZoneInfo
    names: Collection[str]


@dataclass(frozen=True)
class Span:
    """Days in a row that begin equally long after UTC's, on one clock; in microseconds."""

    clock: int
    first: int
    last: int
    shift: int


def begins(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day: where the clocks leave midnight out, the moment they do."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def midnight(day: date) -> int:
    """UTC's, which serves as the number of the day."""
    return microseconds(datetime(day.year, day.month, day.day, tzinfo=UTC))


def clocks(shops: ZoneInfo, theirs: Mapping[str, ZoneInfo], days: Sequence[date]) -> list[Clock]:
    """The shop's, and those of customers that differ from it on these days."""
    alike: dict[tuple[datetime, ...], list[str]] = defaultdict(list)
    ours = tuple(begins(day, shops) for day in days)
    for name, zone in theirs.items():
        alike[tuple(begins(day, zone) for day in days)].append(name)
    alike.pop(ours, None)
    others = [
        Clock(number, theirs[names[0]], names)
        for number, names in enumerate(alike.values(), start=SHOPS + 1)
    ]
    return [Clock(SHOPS, shops, ()), *others]


def around(start: datetime, end: datetime) -> list[date]:
    """Every day that begins somewhere on earth between these moments."""
    first = start.astimezone(UTC).date() - DAY
    return [first + n * DAY for n in range((end.astimezone(UTC).date() - first).days + 2)]


def begun(
    days: Sequence[date], on: Collection[Clock], start: datetime, end: datetime
) -> list[date]:
    """Those days that begin on any of these clocks later than `start` and by `end`."""
    return [day for day in days if any(start < begins(day, clock.zone) <= end for clock in on)]


def spans(days: Sequence[date], clock: Clock) -> Iterator[Span]:
    """Few, however many the days: clocks are changed twice a year."""

    def shift(day: date) -> int:
        return microseconds(begins(day, clock.zone)) - midnight(day)

    for length, together in groupby(days, shift):
        row = list(together)
        yield Span(clock.number, midnight(row[0]), midnight(row[-1]), length)


def clock_of_customer(on: Sequence[Clock]) -> ColumnElement[Any]:
    """The number of a customer's clock: the shop's where theirs is not known."""
    zone = col(Customer.timezone)
    theirs = [(zone.in_(clock.names), literal(clock.number)) for clock in on if clock.names]
    return case(*theirs, else_=literal(SHOPS)) if theirs else literal(SHOPS)
