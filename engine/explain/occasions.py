"""Explains one occasion of a rule for one customer: trigger, conditions, verdict and steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from engine.explain.event_context import explain_context
from engine.explain.load_customer import CustomerHistory
from engine.explain.model import Condition, Mail, OccasionExplanation, Status, Step
from engine.explain.not_enrolled import explain_not_enrolled
from engine.explain.steps import EnrolmentPath, explain_steps
from engine.messages.correction import is_correction_rule
from engine.tick.advance import DONE
from shop.consent.existing_customer import SUFFICIENT_STATES
from shop.tables import Enrolment
from shop.types.purpose import Purpose
from templates.language import ENGLISH
from triggers.config import Rule
from triggers.durations import allowed_lateness
from triggers.event import Occasion
from triggers.facts.config import Facts
from triggers.facts.explain import FactSubject, evaluate_conditions
from triggers.registry import event_of
from triggers.stop import end_reason, must_end
from triggers.stored_series import series_of
from triggers.verdicts import OPEN_VERDICTS, Verdict


def explain_occasion(
    history: CustomerHistory, name: str, rule: Rule, occasion: Occasion, row: Any | None
) -> OccasionExplanation:
    """Explain `occasion` of `rule`; `row` is its enrolment, or None where there is none."""
    conditions = _begin_conditions(
        history, rule, occasion, begun=row is not None and row.verdict == Verdict.GO
    )
    if row is None:
        holds = all(condition.met for condition in conditions)
        status, explanation = explain_not_enrolled(history, name, rule, occasion, holds=holds)
    else:
        status, explanation = _explain_enrolment(history, rule, row)
    return OccasionExplanation(
        occasion=occasion.key,
        description=event_of(rule).describe_occasion(
            explain_context(history, rule), rule, occasion
        ),
        since_at=occasion.since_at,
        due_at=occasion.due_at,
        status=status,
        explanation=explanation,
        evaluated_at=row.enrolled_at if row else None,
        verdict=row.verdict if row else None,
        ended=row.ended if row else None,
        conditions=conditions,
        steps=[*_explain_steps(history, rule, row), *_correction_steps(history, row)]
        if row and row.verdict == Verdict.GO
        else (),
    )


def _explain_enrolment(history: CustomerHistory, rule: Rule, row: Any) -> tuple[Status, str]:
    sentences, moment = history.sentences, history.format_time(row.enrolled_at)
    if row.verdict != Verdict.GO:
        return Status.NOT_STARTED, _verdict_text(history, rule, row)
    if row.ended == DONE:
        return Status.DONE, sentences.BEGAN_DONE.format(moment=moment)
    if row.ended is not None:
        return Status.ENDED, sentences.BEGAN_ENDED.format(moment=moment, reason=row.ended)
    stop_reason = _stop_reason(history, rule, row)
    template = sentences.BEGAN_WILL_END if stop_reason else sentences.BEGAN
    return Status.RUNNING, template.format(moment=moment, reason=stop_reason)


def _verdict_text(history: CustomerHistory, rule: Rule, row: Any) -> str:
    """The verdict of an enrolment that has not begun.

    Open verdicts are evaluated again until the occasion is too late; a lasting state has no such
    limit.
    """
    sentences = history.sentences
    reason: str = sentences.VERDICT.format(
        moment=history.format_time(row.enrolled_at), verdict=sentences.VERDICTS[row.verdict]
    )
    if row.verdict not in OPEN_VERDICTS:
        return reason
    until = row.due_at + allowed_lateness(rule)
    if history.changed:
        template = sentences.REEVALUATED_NEXT
    elif event_of(rule).is_state and row.backlog:
        template = sentences.REEVALUATED
    else:
        is_over = until < history.now
        template = sentences.COULD_HAVE_BEGUN if is_over else sentences.REEVALUATED_UNTIL
    text: str = template.format(reason=reason, moment=history.format_time(until))
    return text


def _stop_reason(history: CustomerHistory, rule: Rule, row: Any) -> str | None:
    """The reason for which the next step would end the enrolment."""
    currency = history.shop.config.shop.currency
    query = select(end_reason(rule, currency)).where(
        col(Enrolment.id) == row.id, must_end(rule, currency)
    )
    stop_reason: str | None = history.connection.scalar(query)
    return stop_reason


def _begin_conditions(
    history: CustomerHistory, rule: Rule, occasion: Occasion, *, begun: bool
) -> list[Condition]:
    """The conditions for enrolling. Once begun, the gate checks address, basis and lateness."""
    about = FactSubject(history.customer.number, occasion.subject_kind, occasion.subject_id)
    conditions = [
        *_fact_conditions(history, rule.if_, about, "if"),
        *_fact_conditions(history, rule.unless, about, "unless"),
    ]
    if begun:
        return conditions
    reach = _reach_conditions(history, rule)
    return [*conditions, *reach, *_lateness_condition(history, rule, occasion)]


def _fact_conditions(
    history: CustomerHistory, facts: Facts | None, about: FactSubject, clause_name: str
) -> list[Condition]:
    """An `unless` blocks only where all its conditions are true."""
    clauses = evaluate_conditions(
        history.connection, facts, about, history.shop.config.shop.currency
    )
    blocks = clause_name == "unless" and all(clause.is_met for clause in clauses)
    return [
        Condition(
            clause_name,
            f"{clause.fact}: {clause.expected}",
            clause.actual,
            not blocks if clause_name == "unless" else clause.is_met,
        )
        for clause in clauses
    ]


def _reach_conditions(history: CustomerHistory, rule: Rule) -> list[Condition]:
    purpose, basis = event_of(rule).purpose, history.basis
    sentences, email = history.sentences, history.customer.email
    is_service = purpose is Purpose.SERVICE
    needs = sentences.BASIS_NEEDED_FOR_SERVICE if is_service else sentences.BASIS_NEEDED
    template = sentences.BASIS_WITH_REASON if basis.reason else "{basis}"
    actual = template.format(basis=basis.state, reason=basis.reason)
    return [
        Condition("address", sentences.ADDRESS_NEEDED, email, email is not None),
        Condition("basis", needs, actual, basis.state in SUFFICIENT_STATES[purpose]),
    ]


def _lateness_condition(
    history: CustomerHistory, rule: Rule, occasion: Occasion
) -> list[Condition]:
    """Does not apply to a lasting state from before the rule began."""
    state = history.states.get(_rule_name(history, rule))
    backlog = state is not None and occasion.due_at < state.since
    if occasion.due_at > history.now or (event_of(rule).is_state and backlog):
        return []
    until = occasion.due_at + allowed_lateness(rule)
    return [
        Condition(
            "at most late",
            ENGLISH.duration(allowed_lateness(rule), largest="day"),
            history.format_time(until),
            history.now <= until,
        )
    ]


def _rule_name(history: CustomerHistory, rule: Rule) -> str:
    return next(name for name, candidate in history.shop.config.rules.items() if candidate is rule)


def _explain_steps(history: CustomerHistory, rule: Rule, row: Any) -> list[Step]:
    about = FactSubject(history.customer.number, row.subject_kind, row.subject_id)
    state = history.states.get(_rule_name(history, rule))
    return explain_steps(
        EnrolmentPath(
            rule=rule,
            series=series_of(state.series if state else None, rule),
            enrolment=row,
            mails={mail.step: mail for mail in history.mails_of(row.id)},
            tasks={place: task for (of, place), task in history.tasks.items() if of == row.id},
            now=history.now,
            sentences=history.sentences,
            evaluate=lambda facts: _fact_conditions(history, facts, about, "if"),
        )
    )


def _correction_steps(history: CustomerHistory, row: Any) -> list[Step]:
    """Corrections of wrong mails are not among the rule's steps."""
    return [
        _sent_step(history, mail, "oops")
        for mail in history.mails_of(row.id)
        if is_correction_rule(mail.rule)
    ]


def _sent_step(history: CustomerHistory, mail: Mail, place: str) -> Step:
    text = history.sentences.SEND.format(template=mail.template)
    return Step(place, text, Status.DONE, mail.state, mail=mail)


def explain_removed_rule(history: CustomerHistory, row: Any) -> OccasionExplanation:
    """Explain `row`, an enrolment of a rule that is no longer in the file."""
    mails: Sequence[Step] = [
        _sent_step(history, mail, mail.step)
        for mail in history.mails_of(row.id)
        if not is_correction_rule(mail.rule)
    ]
    ended = row.ended is not None and row.ended != DONE
    sentences = history.sentences
    return OccasionExplanation(
        occasion=row.occasion,
        description=sentences.CAME_DUE.format(moment=history.format_time(row.due_at)),
        since_at=row.since_at,
        due_at=row.due_at,
        status=Status.ENDED if ended else Status.DONE,
        explanation=sentences.VERDICT.format(
            moment=history.format_time(row.enrolled_at), verdict=row.ended or row.verdict
        ),
        evaluated_at=row.enrolled_at,
        verdict=row.verdict,
        ended=row.ended,
        conditions=(),
        steps=[*mails, *_correction_steps(history, row)],
    )
