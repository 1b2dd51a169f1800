"""The lengths of a rule: from its moment to the due moment, and how late a mail may be."""

from __future__ import annotations

from datetime import timedelta

from settings.values import Length
from triggers.registry import event_of
from triggers.rule_schedule import RuleTiming

LONGER_THAN_USUAL = "longer than usual"


def for_duration(rule: RuleTiming) -> timedelta:
    """`for` of `rule`: elapsed time after the moment; zero where there is none."""
    return rule.for_.elapsed if isinstance(rule.for_, Length) else timedelta(0)


def no_duration(_rule: RuleTiming) -> timedelta:
    """Zero, for events that come due the moment they happen."""
    return timedelta(0)


def negative_lead(rule: RuleTiming) -> timedelta:
    """`in` of `rule`, negative: counted back from a moment that is ahead."""
    return -lead_time(rule)


def lead_time(rule: RuleTiming) -> timedelta:
    """`in` of `rule`: that long ahead of the moment; for a calendar day, in whole days."""
    length = rule.in_.elapsed if rule.in_ else timedelta(0)
    return timedelta(days=length.days) if event_of(rule).by_calendar_day else length


def allowed_lateness(rule: RuleTiming) -> timedelta:
    """How long after coming due a mail of `rule` is still worth sending."""
    if rule.at_most_late:
        return rule.at_most_late.elapsed
    return event_of(rule).at_most_late + lead_time(rule)
