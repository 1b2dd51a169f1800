"""Every `when` there is."""

from __future__ import annotations

from datetime import timedelta

from triggers.cart_abandoned import CART_ABANDONED
from triggers.no_visit import NO_VISIT
from triggers.trigger import Trigger
from triggers.whens import MANNERS
from triggers.words import Rule

TRIGGERS: dict[str, Trigger] = {
    "cart abandoned": CART_ABANDONED,
    "no visit": NO_VISIT,
}


def trigger_of(rule: Rule) -> Trigger:
    return TRIGGERS[rule.when]


def length_of(rule: Rule) -> timedelta:
    """How long after its clock an occasion comes due."""
    return rule.for_.elapsed if rule.for_ else timedelta(0)


def lateness_of(rule: Rule) -> timedelta:
    """How long after coming due it is still worth sending."""
    return rule.at_most_late.elapsed if rule.at_most_late else MANNERS[rule.when].at_most_late
