"""`when: birthday`: one occasion a year, so many days ahead, on the customer's own calendar.

A date that was corrected after its mail makes no second one that year, nor around the new year.

A customer without a known time zone has their day on the shop's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from shop.types.feed import Feed
from shop.types.purpose import Pace
from triggers.durations import allowed_lateness, lead_time
from triggers.event import DAY, Event, ExplainContext, Occasion
from triggers.lazy_modules import (
    changed_customers,
    col,
    local_days,
    moments,
    sa,
    tables,
    timezones,
    trigger,
)
from triggers.rule_schedule import RuleTiming

NEXT_BIRTHDAY = 300 * DAY  # sooner after a birthday it is the same one, corrected
MAX_WINDOW = 400 * DAY  # after a longer outage the birthdays in between are over anyway


def _trigger() -> trigger.Trigger:
    return trigger.Trigger(_newly_due, _changed, _backlog, still_applies=sa.true, end_reason="")


def birthdays_on(day: date) -> list[str]:
    """Returns the birthdays celebrated on `day`; 29 February falls on the 28th in other years."""
    month_days = [f"{day:%m-%d}"]
    if month_days == ["02-28"] and (day + DAY).month == 3:
        month_days.append("02-29")
    return month_days


def _newly_due(rule: RuleTiming, window: trigger.EvaluationWindow) -> list[sa.Select[Any]]:
    return _candidates(rule, window, window.new_after, None)


def _changed(rule: RuleTiming, window: trigger.EvaluationWindow) -> list[sa.Select[Any]]:
    """A birthday that became known late may still be in time."""
    return _candidates(rule, window, window.now - allowed_lateness(rule) - DAY, window.tick)


def _backlog(rule: RuleTiming, _window: trigger.EvaluationWindow) -> list[sa.Select[Any]]:
    """A birthday of last week is never mailed."""
    return []


def _candidates(
    rule: RuleTiming, window: trigger.EvaluationWindow, start: datetime, changed_tick: int | None
) -> list[sa.Select[Any]]:
    start = max(start, window.now - MAX_WINDOW)
    nearby_days = local_days.days_around(start, window.now)
    zone_clocks = local_days.distinct_clocks(window.zone, window.zones, nearby_days)
    days = local_days.days_begun(nearby_days, zone_clocks, start, window.now)
    if not days:
        return []
    birthdays = _select_birthdays(
        _birthday_days(days, lead_time(rule)),
        _span_rows(days, zone_clocks),
        local_days.customer_clock(zone_clocks),
    )
    due_at = birthdays.selected_columns["due_at"]
    birthdays = birthdays.where(
        due_at > sa.literal(start, moments.Moment),
        due_at <= sa.literal(window.now, moments.Moment),
        ~trigger.has_begun_near(col(tables.Customer.id), due_at, NEXT_BIRTHDAY),
    )
    if changed_tick is None:
        return [birthdays]
    return [
        birthdays.where(
            col(tables.Customer.id).in_(changed_customers.claimed_customers(changed_tick))
        )
    ]


def _select_birthdays(birthday_days: sa.Subquery, spans: sa.Subquery, clock: Any) -> sa.Select[Any]:
    """Customers with a birthday, each due when the day begins on their own clock."""
    due_at = sa.type_coerce(birthday_days.c.day + spans.c.shift, moments.Moment)
    return (
        sa.select(
            col(tables.Customer.id).label("customer_id"),
            birthday_days.c.occasion,
            trigger.no_subject(),
            due_at.label("since_at"),
            due_at.label("due_at"),
        )
        .select_from(birthday_days)
        .join(tables.Customer, birthday_days.c.month_day == birthday_month_day())
        .join(
            spans,
            sa.and_(
                spans.c.clock == clock, birthday_days.c.day.between(spans.c.first, spans.c.last)
            ),
        )
    )


def _birthday_days(days: Sequence[date], lead: timedelta) -> sa.Subquery:
    """The days on which the rule comes due, each with a birthday for which it does.

    A union of literals means the same on both databases.
    """
    rows = [
        sa.select(
            sa.literal(local_days.utc_midnight(day), sa.BigInteger).label("day"),
            sa.literal(month_day).label("month_day"),
            sa.literal(str((day + lead).year)).label("occasion"),
        )
        for day in days
        for month_day in birthdays_on(day + lead)
    ]
    return sa.union_all(*rows).subquery()


def _span_rows(days: Sequence[date], zone_clocks: Sequence[local_days.Clock]) -> sa.Subquery:
    rows = [
        sa.select(
            sa.literal(span.clock).label("clock"),
            sa.literal(span.first, sa.BigInteger).label("first"),
            sa.literal(span.last, sa.BigInteger).label("last"),
            sa.literal(span.shift, sa.BigInteger).label("shift"),
        )
        for clock in zone_clocks
        for span in local_days.day_spans(days, clock)
    ]
    return sa.union_all(*rows).subquery()


def birthday_month_day() -> Any:
    """SQL expression: 09-21 of 1990-09-21 and of --09-21.

    It must be written exactly like the expression of the index `customers_by_birthday`.
    """
    birthday = col(tables.Customer.birthday)
    return sa.func.substr(birthday, sa.func.length(birthday) - sa.literal_column("4"))


def _describe(context: ExplainContext, rule: RuleTiming, occasion: Occasion) -> str:
    timezone = context.scalar(
        sa.select(col(tables.Customer.timezone)).where(
            col(tables.Customer.id) == context.customer_id
        )
    )
    zone = timezones.parse_zone(timezone) or context.zone
    birthday = occasion.due_at.astimezone(zone).date() + lead_time(rule)
    sentences = context.sentences
    template = sentences.OCCASION if zone == context.zone else sentences.OCCASION_ELSEWHERE
    text: str = template.format(
        birthday=context.format_day(birthday),
        due_at=context.format_time(occasion.due_at),
        zone=timezone,
    )
    return text


def _describe_none(context: ExplainContext, _rule: RuleTiming) -> str:
    return str(context.sentences.NONE)


EVENT = Event(
    name="birthday",
    trigger=_trigger,
    fed_by=Feed.BIRTHDAYS,
    at_most_late=DAY,
    needs="in",
    facts=frozenset({"birthday"}),
    pace=Pace.USUAL_TIME,
    by_calendar_day=True,
    describe_occasion=_describe,
    describe_no_occasion=_describe_none,
)
