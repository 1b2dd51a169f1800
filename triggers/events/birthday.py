"""`when: birthday`: one occasion a year, so many days ahead, on the customer's own calendar.

A date that was corrected after its mail makes no second one that year, nor around the new year.

A customer without a known time zone has their day on the shop's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    parameter_rows,
    sa,
    tables,
    timezones,
    trigger,
)
from triggers.rule_schedule import RuleTiming

NEXT_BIRTHDAY = 300 * DAY  # sooner after a birthday it is the same one, corrected
MAX_WINDOW = 400 * DAY  # after a longer outage the birthdays in between are over anyway


def _trigger() -> trigger.Trigger:
    return trigger.Trigger(
        _newly_due,
        _changed,
        _backlog,
        still_applies=sa.true,
        end_reason="",
        own_parameters=_own_parameters,
    )


def birthdays_on(day: date) -> list[str]:
    """Returns the birthdays celebrated on `day`; 29 February falls on the 28th in other years."""
    month_days = [f"{day:%m-%d}"]
    if month_days == ["02-28"] and (day + DAY).month == 3:
        month_days.append("02-29")
    return month_days


@dataclass(frozen=True)
class _Calendar:
    """The days that begin after `start`, on the clocks of the shop and its customers.

    All of it are parameters of the query, whose SQL depends on their number only.
    """

    prefix: str
    start: datetime
    days: Sequence[date]
    clocks: Sequence[local_days.Clock]
    lead: timedelta

    def parameters(self) -> dict[str, Any]:
        return {
            self._start_name: self.start,
            **self._day_rows().values(),
            **self._span_rows().values(),
            **local_days.customer_clock_values(self.prefix, self.clocks),
        }

    def birthdays(self) -> sa.Select[Any]:
        """Customers with a birthday, each due when the day begins on their own clock."""
        birthday_days, spans = self._day_rows().table(), self._span_rows().table()
        clock = local_days.customer_clock(self.prefix, self.clocks)
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
                    spans.c.clock == clock,
                    birthday_days.c.day.between(spans.c.first, spans.c.last),
                ),
            )
            .where(
                due_at > sa.bindparam(self._start_name, self.start, type_=moments.Moment),
                due_at <= trigger.CLOCK_UNTIL_PARAM,
                ~trigger.has_begun_near(col(tables.Customer.id), due_at, NEXT_BIRTHDAY),
            )
        )

    @property
    def _start_name(self) -> str:
        return f"{self.prefix}_start"

    def _day_rows(self) -> parameter_rows.ParameterRows:
        """The days on which the rule comes due, each with a birthday for which it does."""
        types: dict[str, Any] = {
            "day": sa.BigInteger(), "month_day": sa.String(), "occasion": sa.String()
        }  # fmt: skip
        rows = [
            (local_days.utc_midnight(day), month_day, str((day + self.lead).year))
            for day in self.days
            for month_day in birthdays_on(day + self.lead)
        ]
        return parameter_rows.ParameterRows(self.prefix, types, rows)

    def _span_rows(self) -> parameter_rows.ParameterRows:
        moments_of_span: dict[str, Any] = dict.fromkeys(("first", "last", "shift"), sa.BigInteger())
        types = {"clock": sa.Integer()} | moments_of_span
        rows = [
            (span.clock, span.first, span.last, span.shift)
            for clock in self.clocks
            for span in local_days.day_spans(self.days, clock)
        ]
        return parameter_rows.ParameterRows(self.prefix, types, rows)


def _newly_due(rule: RuleTiming, window: trigger.EvaluationWindow) -> list[sa.Select[Any]]:
    calendar = _new_days(rule, window)
    return [calendar.birthdays()] if calendar.days else []


def _changed(rule: RuleTiming, window: trigger.EvaluationWindow) -> list[sa.Select[Any]]:
    """A birthday that became known late may still be in time."""
    calendar = _recent_days(rule, window)
    claimed = changed_customers.claimed_customers(trigger.TICK_PARAM)
    is_changed = col(tables.Customer.id).in_(claimed)
    return [calendar.birthdays().where(is_changed)] if calendar.days else []


def _backlog(rule: RuleTiming, _window: trigger.EvaluationWindow) -> list[sa.Select[Any]]:
    """A birthday of last week is never mailed."""
    return []


def _own_parameters(rule: RuleTiming, window: trigger.EvaluationWindow) -> dict[str, Any]:
    calendars = (_new_days(rule, window), _recent_days(rule, window))
    return {
        name: value
        for calendar in calendars
        if calendar.days
        for name, value in calendar.parameters().items()
    }


def _new_days(rule: RuleTiming, window: trigger.EvaluationWindow) -> _Calendar:
    return _calendar("new", rule, window, window.new_after)


def _recent_days(rule: RuleTiming, window: trigger.EvaluationWindow) -> _Calendar:
    return _calendar("recent", rule, window, window.now - allowed_lateness(rule) - DAY)


def _calendar(
    prefix: str, rule: RuleTiming, window: trigger.EvaluationWindow, start: datetime
) -> _Calendar:
    start = max(start, window.now - MAX_WINDOW)
    nearby_days = local_days.days_around(start, window.now)
    clocks = local_days.distinct_clocks(window.zone, window.zones, nearby_days)
    days = local_days.days_begun(nearby_days, clocks, start, window.now)
    return _Calendar(prefix, start, days, clocks, lead_time(rule))


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
