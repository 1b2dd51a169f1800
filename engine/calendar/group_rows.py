"""Counts rows ahead: by day, or by quarters of an hour and time zones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    bindparam,
    case,
    func,
    literal,
    select,
    type_coerce,
)

from shop.db.timezones import parse_zone
from shop.db.upsert import STATEMENT_CACHE_SIZE
from shop.types.moment import MICROSECOND, Moment
from triggers.local_days import day_start

# The days and the full hours of every time zone of today begin at one of these.
QUARTER_HOUR = timedelta(minutes=15) // MICROSECOND
A_DAY = timedelta(days=1)
NO_PARAMETERS: Mapping[str, Any] = {}
UNTIL_PARAM = bindparam("calendar_until", type_=Moment)


@dataclass(frozen=True)
class Group:
    """Rows of one quarter of an hour and time zone: how many, and the earliest moments of them."""

    keys: tuple[Any, ...]
    rows: int
    at: datetime
    due_at: datetime
    zone: ZoneInfo


def load_groups(
    connection: Connection,
    rows: Select[Any],
    *keys: str,
    parameters: Mapping[str, Any] = NO_PARAMETERS,
    until: datetime,
    shop_zone: ZoneInfo,
) -> Iterator[Group]:
    """Yields groups of the `rows` before `until`, a query of `rows_ahead` with `due_at` and
    `timezone`; those of one group have the same `keys`.
    """
    query = _grouped_query(rows, keys)
    parameters = {**parameters, UNTIL_PARAM.key: until}
    for *values, zone, count, first_at, first_due in connection.execute(query, parameters):
        yield Group(tuple(values), count, first_at, first_due, parse_zone(zone) or shop_zone)


@lru_cache(STATEMENT_CACHE_SIZE)
def _grouped_query(rows: Select[Any], keys: tuple[str, ...]) -> Select[Any]:
    ahead = rows.subquery("ahead")
    at, due_at = ahead.c["at"], ahead.c["due_at"]
    named = [ahead.c[key] for key in (*keys, "timezone")]
    return (
        select(*named, func.count(), func.min(at, type_=Moment), func.min(due_at, type_=Moment))
        .where(at < UNTIL_PARAM)
        .group_by(*named, type_coerce(at, BigInteger) // QUARTER_HOUR)
    )


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
