"""Why an occasion has not begun: the reasons there are before any verdict."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.explain.load_customer import OneCustomer
from engine.explain.model import Standing
from shop.types.moment import MICROSECOND
from triggers.config import Rule
from triggers.durations import lateness
from triggers.event_defaults import MANNERS
from triggers.list_occasions import Occasion
from triggers.registry import trigger_of

NEVER_WENT = frozenset({"skipped", "failed", "declined"})


def not_begun(
    one: OneCustomer, name: str, rule: Rule, occasion: Occasion, *, holds: bool
) -> tuple[Standing, str]:
    """In the order in which a run would find out; `holds` is whether its clauses do today."""
    if occasion.due_at > one.now:
        return Standing.NOT_DUE, f"comes due on {one.at(occasion.due_at)}"
    state = one.states.get(name)
    if state is None:
        return Standing.BEFORE_RULE, _before(one, rule, None)
    if MANNERS[rule.when].lasting and (why := _answered(one, name, occasion)):
        return Standing.ANSWERED, why
    if occasion.due_at < state.since:
        return _backlog(one, rule, occasion, holds=holds)
    if occasion.due_at > _looked_until(rule, state) or one.changed:
        return Standing.NEXT_RUN, "no run has looked at it since: the next one does"
    return Standing.LOOKED_PAST, (
        f"the rule has looked until {one.at(state.looked_until)}; "
        "it looks at this again when something about the customer changes"
    )


def _looked_until(rule: Rule, state: Any) -> datetime:
    """On the rule's own clock: who shortens `for` brings the moments in between back."""
    length = trigger_of(rule).length(rule)
    then = length if state.looked_length is None else state.looked_length * MICROSECOND
    looked: datetime = state.looked_until - then + length
    return looked


def _before(one: OneCustomer, rule: Rule, began: str | None) -> str:
    since = f"it came due before the rule began to look, on {began}" if began else ""
    since = since or "no run has looked at this rule yet, and it looks forward from its first run"
    if rule.include_backlog is None:
        return f"{since}; the rule has no include backlog"
    return f"{since}; include backlog: {rule.include_backlog}"


def _backlog(
    one: OneCustomer, rule: Rule, occasion: Occasion, *, holds: bool
) -> tuple[Standing, str]:
    """From before the rule's time: only the owner's word lets it begin."""
    name = next(key for key, known in one.shop.file.rules.items() if known is rule)
    told = _before(one, rule, one.at(one.states[name].since))
    if rule.include_backlog is None or rule.include_backlog.per_day == 0:
        return Standing.BEFORE_RULE, told
    if MANNERS[rule.when].by_day:
        return Standing.BEFORE_RULE, f"{told}, but for a day of the calendar there is none"
    if not MANNERS[rule.when].lasting and occasion.due_at < one.now - lateness(rule):
        return Standing.TOO_OLD, f"{told}, but it is too late for it"
    if not holds:
        return Standing.NEXT_RUN, told
    return Standing.ITS_TURN, f"{told}: its turn comes with one of the next runs"


def _answered(one: OneCustomer, name: str, occasion: Occasion) -> str | None:
    """Late data may move the beginning of a state that was answered before."""
    for mail in one.mails:
        if (
            mail.rule == name
            and mail.created_at >= occasion.since_at
            and mail.state not in NEVER_WENT
        ):
            return f"this time away has had its mail, written {one.at(mail.created_at)}"
    for row in one.enrolments.get(name, ()):
        if row.since_at >= occasion.since_at and row.next_at is not None:
            return f"a series that is under way answers it, begun {one.at(row.enrolled_at)}"
    return None
