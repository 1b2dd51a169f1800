"""Explains why an occasion has no enrolment: the reasons that come before any verdict."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.explain.load_customer import CustomerHistory
from engine.explain.model import Status
from shop.types.moment import MICROSECOND
from triggers.config import Rule
from triggers.durations import allowed_lateness
from triggers.event import Occasion
from triggers.registry import event_of, trigger_of

NOT_SENT_STATES = frozenset({"skipped", "failed", "declined"})


def explain_not_enrolled(
    history: CustomerHistory, name: str, rule: Rule, occasion: Occasion, *, holds: bool
) -> tuple[Status, str]:
    """Return the status and a sentence for an occasion that has no enrolment.

    The reasons are tried in the order in which a tick would apply them; `holds` says whether the
    rule's conditions are met today.
    """
    sentences = history.sentences
    if occasion.due_at > history.now:
        return Status.NOT_DUE, sentences.DUE_ON.format(moment=history.format_time(occasion.due_at))
    state = history.states.get(name)
    if state is None:
        return Status.BEFORE_RULE, _before_text(history, rule, None)
    if event_of(rule).is_state and (reason := _already_answered(history, name, occasion)):
        return Status.ALREADY_ANSWERED, reason
    if occasion.due_at < state.since:
        return _explain_backlog(history, rule, occasion, holds=holds)
    if occasion.due_at > _evaluated_until(rule, state) or history.changed:
        return Status.NEXT_RUN, sentences.NEXT_RUN
    looked_until = history.format_time(state.looked_until)
    return Status.PASSED, sentences.PASSED.format(moment=looked_until)


def _evaluated_until(rule: Rule, state: Any) -> datetime:
    """Adjusted by the rule's current duration: a shortened `for` moves occasions back into the
    window.
    """
    length = trigger_of(rule).length(rule)
    previous_length = length if state.looked_length is None else state.looked_length * MICROSECOND
    evaluated_until: datetime = state.looked_until - previous_length + length
    return evaluated_until


def _before_text(history: CustomerHistory, rule: Rule, since: str | None) -> str:
    sentences = history.sentences
    reason = sentences.BEFORE_RULE.format(moment=since) if since else sentences.RULE_NEVER_RUN
    template = sentences.NO_BACKLOG if rule.include_backlog is None else sentences.BACKLOG
    text: str = template.format(reason=reason, backlog=rule.include_backlog)
    return text


def _explain_backlog(
    history: CustomerHistory, rule: Rule, occasion: Occasion, *, holds: bool
) -> tuple[Status, str]:
    """For an occasion before the rule began: only `include backlog` can enrol it."""
    sentences = history.sentences
    name = next(key for key, candidate in history.shop.config.rules.items() if candidate is rule)
    text = _before_text(history, rule, history.format_time(history.states[name].since))
    if rule.include_backlog is None or rule.include_backlog.per_day == 0:
        return Status.BEFORE_RULE, text
    if event_of(rule).by_calendar_day:
        return Status.BEFORE_RULE, sentences.NO_BACKLOG_OF_DAYS.format(reason=text)
    too_late = occasion.due_at < history.now - allowed_lateness(rule)
    if not event_of(rule).is_state and too_late:
        return Status.TOO_OLD, sentences.BACKLOG_TOO_LATE.format(reason=text)
    if not holds:
        return Status.NEXT_RUN, text
    return Status.WAITS_FOR_TURN, sentences.BACKLOG_TURN.format(reason=text)


def _already_answered(history: CustomerHistory, name: str, occasion: Occasion) -> str | None:
    """Late data may move the start of an absence for which a mail was already sent."""
    for mail in history.mails:
        if (
            mail.rule == name
            and mail.created_at >= occasion.since_at
            and mail.state not in NOT_SENT_STATES
        ):
            return _with_moment(history, history.sentences.ALREADY_MAILED, mail.created_at)
    for row in history.enrolments.get(name, ()):
        if row.since_at >= occasion.since_at and row.next_at is not None:
            return _with_moment(history, history.sentences.ANSWERED_BY_SERIES, row.enrolled_at)
    return None


def _with_moment(history: CustomerHistory, sentence: str, moment: datetime) -> str:
    return sentence.format(moment=history.format_time(moment))
