"""`when: birthday`: once a year, so many days ahead, on the customer's own calendar.

Whose clock is not known has their day on the shop's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Select,
    Subquery,
    and_,
    func,
    literal,
    literal_column,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlmodel import col

from shop.db import changed_customers
from shop.tables import Customer
from shop.types.moment import Moment
from triggers.config import Rule
from triggers.durations import ahead, lateness
from triggers.local_days import (
    DAY,
    Clock,
    around,
    begun,
    clock_of_customer,
    clocks,
    midnight,
    spans,
)
from triggers.null_columns import no_row
from triggers.trigger import Look, Trigger

LONGEST_LOOK = 400 * DAY  # after a longer stop the birthdays in between are over anyway


def born_for(feast: date) -> list[str]:
    """Whoever was born on 29 February has their day on the 28th where the year has no 29th."""
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
    start = max(start, look.now - LONGEST_LOOK)
    near = around(start, look.now)
    on = clocks(look.zone, look.zones, near)
    days = begun(near, on, start, look.now)
    if not days:
        return []
    found = _born_on(_feasts(days, ahead(rule)), _spans(days, on), clock_of_customer(on))
    due = found.selected_columns["due_at"]
    found = found.where(due > literal(start, Moment), due <= literal(look.now, Moment))
    if changed_in is None:
        return [found]
    return [found.where(col(Customer.id).in_(changed_customers.changed(changed_in)))]


def _born_on(feasts: Subquery, spans: Subquery, clock: Any) -> Select[Any]:
    """Those with a birthday, each due when the day begins on their own clock."""
    due = type_coerce(feasts.c.day + spans.c.shift, Moment)
    return (
        select(
            col(Customer.id).label("customer_id"),
            feasts.c.occasion,
            no_row("cart_id"),
            no_row("answer_id"),
            due.label("since_at"),
            due.label("due_at"),
        )
        .select_from(feasts)
        .join(Customer, feasts.c.month_day == month_day())
        .join(
            spans,
            and_(spans.c.clock == clock, feasts.c.day.between(spans.c.first, spans.c.last)),
        )
    )


def _feasts(days: Sequence[date], length: timedelta) -> Subquery:
    """On one day of the calendar the rule comes due for those born on one day of the year.

    Literals in a union mean the same on both databases.
    """
    rows = [
        select(
            literal(midnight(day), BigInteger).label("day"),
            literal(born).label("month_day"),
            literal(str((day + length).year)).label("occasion"),
        )
        for day in days
        for born in born_for(day + length)
    ]
    return union_all(*rows).subquery()


def _spans(days: Sequence[date], on: Sequence[Clock]) -> Subquery:
    rows = [
        select(
            literal(span.clock).label("clock"),
            literal(span.first, BigInteger).label("first"),
            literal(span.last, BigInteger).label("last"),
            literal(span.shift, BigInteger).label("shift"),
        )
        for clock in on
        for span in spans(days, clock)
    ]
    return union_all(*rows).subquery()


def month_day() -> Any:
    """09-21 of 1990-09-21 and of --09-21.

    An index is kept on just this, and found only if the number is written out.
    """
    birthday = col(Customer.birthday)
    return func.substr(birthday, func.length(birthday) - literal_column("4"))


BIRTHDAY = Trigger(_came_due, _changed, _backlog, still_so=true, over="")
