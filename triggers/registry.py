"""Every `when` there is, in the database."""

from __future__ import annotations

from triggers.config import Rule
from triggers.events.birthday import BIRTHDAY
from triggers.events.cart_abandoned import CART_ABANDONED
from triggers.events.no_visit import NO_VISIT
from triggers.events.points import POINTS_EARNED, POINTS_EXPIRE
from triggers.events.subscribed import SUBSCRIBED
from triggers.events.survey_answered import SURVEY_ANSWERED
from triggers.trigger import Trigger

TRIGGERS: dict[str, Trigger] = {
    "cart abandoned": CART_ABANDONED,
    "no visit": NO_VISIT,
    "birthday": BIRTHDAY,
    "survey answered": SURVEY_ANSWERED,
    "points earned": POINTS_EARNED,
    "points expire": POINTS_EXPIRE,
    "subscribed": SUBSCRIBED,
}


def trigger_of(rule: Rule) -> Trigger:
    return TRIGGERS[rule.when]
