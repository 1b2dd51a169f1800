"""The lengths of a rule: how long after or before its moment it comes due, how late it may be."""

from __future__ import annotations

from datetime import timedelta

from settings.values import Length
from triggers.config import Rule
from triggers.event_defaults import EVENT_DEFAULTS

LONGER_THAN_USUAL = "longer than usual"


def for_duration(rule: Rule) -> timedelta:
    """`for`: elapsed time after the moment."""
    return rule.for_.elapsed if isinstance(rule.for_, Length) else timedelta(0)


def negative_lead(rule: Rule) -> timedelta:
    """Counted backwards from the moment that is ahead."""
    return -lead_time(rule)


def lead_time(rule: Rule) -> timedelta:
    """`in`: that long ahead of the moment; of a day, so many days."""
    length = rule.in_.elapsed if rule.in_ else timedelta(0)
    return timedelta(days=length.days) if EVENT_DEFAULTS[rule.when].by_calendar_day else length


def allowed_lateness(rule: Rule) -> timedelta:
    """How long after coming due it is still worth sending."""
    if rule.at_most_late:
        return rule.at_most_late.elapsed
    return EVENT_DEFAULTS[rule.when].at_most_late + lead_time(rule)
