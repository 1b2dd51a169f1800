"""Visits of new and returning customers by day, and the figures of a week made of them.

Definitions:

* A visit is a customer-day (`measures.visit_days`).
* A visit is a customer's first one if they have no earlier visit. In the first 180 days of the
  data nobody is called new: the customer may have come before the data begin.
* A day that is not over is in no comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select
from sqlmodel import col

from shop.tables import ShopDay

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
OPENING = timedelta(days=180)  # in which a customer without an earlier visit is not called new
USUAL_WEEKS = 8  # how many weeks before say what is usual
MIN_USUAL_WEEKS = 4
MIN_VISITS_FOR_SHARE = 30  # with fewer, a share says little


@dataclass(frozen=True)
class DayVisits:
    """The visits of one day. `new` are of customers without an earlier visit, `first_seen` of such
    customers in the first 180 days of the data, `returning` all others.
    """

    day: date
    new: int = 0
    first_seen: int = 0
    returning: int = 0

    @property
    def visits(self) -> int:
        return self.new + self.first_seen + self.returning


@dataclass(frozen=True)
class WeekVisits:
    """Visits of the week from Monday to `today`, which is not over.

    `whole_days` are the visits from Monday to yesterday, `last_week` those of the same weekdays a
    week before; both are None on a Monday and where the data begin later. `last_week_total` is all
    of last week.
    """

    monday: date
    today: date
    so_far: int
    whole_days: int | None = None
    last_week: int | None = None
    last_week_total: int | None = None

    @property
    def change(self) -> int | None:
        """How many more visits than on the same weekdays of last week."""
        if self.whole_days is None or self.last_week is None:
            return None
        return self.whole_days - self.last_week


@dataclass(frozen=True)
class ReturningShare:
    """How many of the `visits` from `first` to `last` were of customers with an earlier visit.

    `per_hundred` is None below 30 visits. `usual` is between what values it usually lies: of the
    eight weeks before, without the lowest and the highest; None where fewer than four of them can
    be counted. `is_opening` says that the days are in the first 180 of the data, so that the others
    may have come before.
    """

    first: date
    last: date
    visits: int
    returning: int
    per_hundred: int | None = None
    usual: tuple[int, int] | None = None
    is_opening: bool = False


def load_first_day(connection: Connection) -> date | None:
    """Returns the day of the first visit in the data; None without any."""
    first = connection.scalar(_first_day_query())
    return None if first is None else date.fromordinal(first)


def load_days(connection: Connection, first: date, last: date) -> list[DayVisits]:
    """Returns the days from `first` to `last`, those without a visit too, the earliest first."""
    beginning = load_first_day(connection)
    parameters = {"first": first.toordinal(), "last": last.toordinal()}
    rows = {row.day: row for row in connection.execute(_days_query(), parameters)}
    return [
        _day_visits(date.fromordinal(day), rows.get(day), beginning)
        for day in range(first.toordinal(), last.toordinal() + 1)
    ]


def _day_visits(day: date, row: Any, beginning: date | None) -> DayVisits:
    if row is None:
        return DayVisits(day)
    returning = row.visits - row.first_visits
    if is_opening(day, beginning):
        return DayVisits(day, first_seen=row.first_visits, returning=returning)
    return DayVisits(day, new=row.first_visits, returning=returning)


def is_opening(day: date, beginning: date | None) -> bool:
    """Returns whether `day` is in the first 180 days of data that begin on `beginning`."""
    return beginning is not None and day < beginning + OPENING


@cache
def _first_day_query() -> Select[Any]:
    return select(func.min(col(ShopDay.day))).where(col(ShopDay.visits) > 0)


@cache
def _days_query() -> Select[Any]:
    return select(col(ShopDay.day), col(ShopDay.visits), col(ShopDay.first_visits)).where(
        col(ShopDay.day).between(bindparam("first"), bindparam("last"))
    )


def week_visits(days: Sequence[DayVisits], today: date, beginning: date | None) -> WeekVisits:
    """Returns the visits of the week of `today` from `days`, which hold this week and the last."""
    monday = today - today.weekday() * DAY
    so_far = _sum_visits(days, monday, today)
    if beginning is None or beginning > monday - WEEK:
        return WeekVisits(monday, today, so_far)
    total = _sum_visits(days, monday - WEEK, monday - DAY)
    if today == monday:
        return WeekVisits(monday, today, so_far, last_week_total=total)
    return WeekVisits(
        monday,
        today,
        so_far,
        whole_days=_sum_visits(days, monday, today - DAY),
        last_week=_sum_visits(days, monday - WEEK, today - DAY - WEEK),
        last_week_total=total,
    )


def returning_share(
    days: Sequence[DayVisits], today: date, beginning: date | None
) -> ReturningShare:
    """Returns the share of returning customers in the seven days to `today`, and what is usual.

    `days` hold the nine weeks to `today`. The day that is not over counts: it changes both parts of
    the share.
    """
    first = today - WEEK + DAY
    visits, returning = _sum_visits(days, first, today), _sum_returning(days, first, today)
    return ReturningShare(
        first,
        today,
        visits,
        returning,
        per_hundred=_per_hundred(returning, visits),
        usual=_usual(days, first, beginning),
        is_opening=is_opening(first, beginning),
    )


def _usual(
    days: Sequence[DayVisits], first: date, beginning: date | None
) -> tuple[int, int] | None:
    shares = []
    for number in range(1, USUAL_WEEKS + 1):
        start = first - number * WEEK
        if beginning is None or is_opening(start, beginning):
            continue
        end = start + WEEK - DAY
        share = _per_hundred(_sum_returning(days, start, end), _sum_visits(days, start, end))
        if share is not None:
            shares.append(share)
    if len(shares) < MIN_USUAL_WEEKS:
        return None
    shares.sort()
    middle = shares[1:-1] if len(shares) > MIN_USUAL_WEEKS else shares
    return middle[0], middle[-1]


def _per_hundred(part: int, whole: int) -> int | None:
    """Rounded half up."""
    return (200 * part + whole) // (2 * whole) if whole >= MIN_VISITS_FOR_SHARE else None


def _sum_visits(days: Sequence[DayVisits], first: date, last: date) -> int:
    return sum(day.visits for day in days if first <= day.day <= last)


def _sum_returning(days: Sequence[DayVisits], first: date, last: date) -> int:
    return sum(day.returning for day in days if first <= day.day <= last)
