"""`when: birthday`: once a year, so many days ahead, on the shop's calendar."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, Subquery, func, literal, select, true, union_all
from sqlmodel import col

from shop import dirty
from shop.tables import Customer
from shop.times import Moment
from triggers.lengths import lateness
from triggers.trigger import Look, Trigger
from triggers.unknown import no_row
from triggers.words import Rule

DAY = timedelta(days=1)
LONGEST_LOOK = 400 * DAY  # after a longer stop the birthdays in between are over anyway


@dataclass(frozen=True)
class Due:
    """On one day of the calendar the rule comes due for those born on one day of the year."""

    month_day: str
    year: int
    at: datetime


def calendar(rule: Rule, zone: ZoneInfo, start: datetime, end: datetime) -> Iterable[Due]:
    """Which birthdays come due later than `start` and by `end`, on the clock of a zone.

    Whoever was born on 29 February has their day on the 28th where the year has no 29th.
    """
    ahead = rule.in_.elapsed.days if rule.in_ else 0
    day = max(start, end - LONGEST_LOOK).astimezone(zone).date()
    while day <= end.astimezone(zone).date():
        at = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        if start < at <= end:
            feast = day + ahead * DAY
            yield from (Due(born, feast.year, at) for born in _born(feast))
        day += DAY


def _born(feast: date) -> list[str]:
    days = [f"{feast:%m-%d}"]
    if days == ["02-28"] and (feast + DAY).month == 3:
        days.append("02-29")
    return days


def _came_due(rule: Rule, look: Look) -> list[Select[Any]]:
    return _candidates(rule, look, look.new_after, None)


def _changed(rule: Rule, look: Look) -> list[Select[Any]]:
    """A birthday that we were told late may still be in time."""
    return _candidates(rule, look, look.now - lateness(rule) - DAY, look.tick)


def _backlog(rule: Rule, look: Look) -> list[Select[Any]]:
    """Nothing is older than a birthday of last week."""
    return []


def _candidates(
    rule: Rule, look: Look, start: datetime, changed_in: int | None
) -> list[Select[Any]]:
    days = list(calendar(rule, look.zone, start, look.now))
    return [_born_on(days, changed_in)] if days else []


def _born_on(days: list[Due], changed_in: int | None) -> Select[Any]:
    due = _as_rows(days)
    found = select(
        col(Customer.id).label("customer_id"),
        due.c.occasion,
        no_row("cart_id"),
        no_row("answer_id"),
        due.c.at.label("since_at"),
        due.c.at.label("due_at"),
    ).join(due, due.c.month_day == month_day())
    if changed_in is None:
        return found
    return found.where(col(Customer.id).in_(dirty.changed(changed_in)))


def _as_rows(days: list[Due]) -> Subquery:
    """Literals that mean the same on both databases."""
    rows = [
        select(
            literal(due.month_day).label("month_day"),
            literal(str(due.year)).label("occasion"),
            literal(due.at, Moment).label("at"),
        )
        for due in days
    ]
    return union_all(*rows).subquery()


def month_day() -> Any:
    """09-21 of 1990-09-21 and of --09-21; an index is kept on just this."""
    birthday = col(Customer.birthday)
    return func.substr(birthday, func.length(birthday) - 4)


BIRTHDAY = Trigger(_came_due, _changed, _backlog, still_so=true, over="")
