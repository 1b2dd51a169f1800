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
from triggers.durations import allowed_lateness, lead_time
from triggers.local_days import (
    DAY,
    Clock,
    customer_clock,
    day_spans,
    days_around,
    days_begun,
    distinct_clocks,
    utc_midnight,
)
from triggers.null_columns import null_column
from triggers.trigger import EvaluationWindow, Trigger

MAX_WINDOW = 400 * DAY  # after a longer stop the birthdays in between are over anyway


def birthdays_on(day: date) -> list[str]:
    """Whoever was born on 29 February has their day on the 28th where the year has no 29th."""
    month_days = [f"{day:%m-%d}"]
    if month_days == ["02-28"] and (day + DAY).month == 3:
        month_days.append("02-29")
    return month_days


def _newly_due(rule: Rule, window: EvaluationWindow) -> list[Select[Any]]:
    return _candidates(rule, window, window.new_after, None)


def _changed(rule: Rule, window: EvaluationWindow) -> list[Select[Any]]:
    """A birthday that we were told late may still be in time."""
    return _candidates(rule, window, window.now - allowed_lateness(rule) - DAY, window.tick)


def _backlog(rule: Rule, _window: EvaluationWindow) -> list[Select[Any]]:
    """Nothing is older than a birthday of last week."""
    return []


def _candidates(
    rule: Rule, window: EvaluationWindow, start: datetime, changed_tick: int | None
) -> list[Select[Any]]:
    start = max(start, window.now - MAX_WINDOW)
    nearby_days = days_around(start, window.now)
    zone_clocks = distinct_clocks(window.zone, window.zones, nearby_days)
    days = days_begun(nearby_days, zone_clocks, start, window.now)
    if not days:
        return []
    birthdays = _select_birthdays(
        _birthday_days(days, lead_time(rule)),
        _span_rows(days, zone_clocks),
        customer_clock(zone_clocks),
    )
    due_at = birthdays.selected_columns["due_at"]
    birthdays = birthdays.where(
        due_at > literal(start, Moment), due_at <= literal(window.now, Moment)
    )
    if changed_tick is None:
        return [birthdays]
    return [
        birthdays.where(col(Customer.id).in_(changed_customers.claimed_customers(changed_tick)))
    ]


def _select_birthdays(birthday_days: Subquery, spans: Subquery, clock: Any) -> Select[Any]:
    """Those with a birthday, each due when the day begins on their own clock."""
    due_at = type_coerce(birthday_days.c.day + spans.c.shift, Moment)
    return (
        select(
            col(Customer.id).label("customer_id"),
            birthday_days.c.occasion,
            null_column("cart_id"),
            null_column("answer_id"),
            due_at.label("since_at"),
            due_at.label("due_at"),
        )
        .select_from(birthday_days)
        .join(Customer, birthday_days.c.month_day == birthday_month_day())
        .join(
            spans,
            and_(spans.c.clock == clock, birthday_days.c.day.between(spans.c.first, spans.c.last)),
        )
    )


def _birthday_days(days: Sequence[date], lead: timedelta) -> Subquery:
    """On one day of the calendar the rule comes due for those born on one day of the year.

    Literals in a union mean the same on both databases.
    """
    rows = [
        select(
            literal(utc_midnight(day), BigInteger).label("day"),
            literal(month_day).label("month_day"),
            literal(str((day + lead).year)).label("occasion"),
        )
        for day in days
        for month_day in birthdays_on(day + lead)
    ]
    return union_all(*rows).subquery()


def _span_rows(days: Sequence[date], zone_clocks: Sequence[Clock]) -> Subquery:
    rows = [
        select(
            literal(span.clock).label("clock"),
            literal(span.first, BigInteger).label("first"),
            literal(span.last, BigInteger).label("last"),
            literal(span.shift, BigInteger).label("shift"),
        )
        for clock in zone_clocks
        for span in day_spans(days, clock)
    ]
    return union_all(*rows).subquery()


def birthday_month_day() -> Any:
    """09-21 of 1990-09-21 and of --09-21.

    An index is kept on just this, and found only if the number is written out.
    """
    birthday = col(Customer.birthday)
    return func.substr(birthday, func.length(birthday) - literal_column("4"))


BIRTHDAY = Trigger(_newly_due, _changed, _backlog, still_applies=true, end_reason="")
