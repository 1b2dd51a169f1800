"""Counts rows ahead: by day, or by quarters of an hour and time zones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Connection, Select, case, func, literal, select, type_coerce

from shop.db.timezones import parse_zone
from shop.types.moment import MICROSECOND, Moment
from triggers.local_days import day_start

# The days and the full hours of every time zone of today begin at one of these.
QUARTER_HOUR = timedelta(minutes=15) // MICROSECOND
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Group:
    """Rows of one quarter of an hour and time zone: how many, and the earliest moments of them."""

    keys: tuple[Any, ...]
    rows: int
    at: datetime
    due_at: datetime
    zone: ZoneInfo


def load_groups(
    connection: Connection, rows: Select[Any], *keys: str, until: datetime, shop_zone: ZoneInfo
) -> Iterator[Group]:
    """Yields groups of the `rows` before `until`, a query of `rows_ahead` with `due_at` and
    `timezone`; those of one group have the same `keys`.
    """
    ahead = rows.subquery("ahead")
    at = ahead.c["at"]
    due_at = ahead.c["due_at"]
    named = [ahead.c[key] for key in (*keys, "timezone")]
    query = (
        select(*named, func.count(), func.min(at, type_=Moment), func.min(due_at, type_=Moment))
        .where(at < until)
        .group_by(*named, type_coerce(at, BigInteger) // QUARTER_HOUR)
    )
    for *values, zone, count, first_at, first_due in connection.execute(query):
        yield Group(tuple(values), count, first_at, first_due, parse_zone(zone) or shop_zone)


@dataclass(frozen=True)
class DayCount:
    """Rows of a day: how many, of how many people, the earliest of them, the sum of `amount`."""

    day: date
    keys: tuple[Any, ...]
    rows: int
    people: int
    at: datetime
    amount: int


def count_by_day(
    connection: Connection,
    rows: Select[Any],
    days: Sequence[date],
    *keys: str,
    amount: str | None = None,
    now: datetime,
    shop_zone: ZoneInfo,
) -> Iterator[DayCount]:
    """Yields the counts of `rows`, a query of `rows_ahead`, from `now` to the end of `days`."""
    ahead = rows.subquery("ahead")
    at, named = ahead.c["at"], [ahead.c[key] for key in keys]
    ends = [day_start(day + A_DAY, shop_zone) for day in days]
    number = case(*((at < literal(end, Moment), index) for index, end in enumerate(ends)))
    people = func.count(ahead.c.customer_id.distinct())
    total = func.sum(ahead.c[amount]) if amount else literal(0)
    query = (
        select(number, *named, func.count(), people, func.min(at, type_=Moment), total)
        .where(at >= now, at < ends[-1])
        .group_by(number, *named)
    )
    for index, *values, count, customers, first_at, sum_of in connection.execute(query):
        yield DayCount(days[index], tuple(values), count, customers, first_at, int(sum_of or 0))
