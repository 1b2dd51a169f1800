"""The lengths of a rule: how long after or before its moment it comes due, how late it may be."""

from __future__ import annotations

from datetime import timedelta

from settings.values import Length
from triggers.whens import MANNERS
from triggers.words import Rule

LONGER_THAN_USUAL = "longer than usual"


def for_length(rule: Rule) -> timedelta:
    """`for`: elapsed time after the moment."""
    return rule.for_.elapsed if isinstance(rule.for_, Length) else timedelta(0)


def before(rule: Rule) -> timedelta:
    """`in`: that long ahead of the moment, so counted backwards from it."""
    return -rule.in_.elapsed if rule.in_ else timedelta(0)


def lateness(rule: Rule) -> timedelta:
    """How long after coming due it is still worth sending."""
    if rule.at_most_late:
        return rule.at_most_late.elapsed
    ahead = rule.in_.elapsed if rule.in_ else timedelta(0)
    return MANNERS[rule.when].at_most_late + ahead
