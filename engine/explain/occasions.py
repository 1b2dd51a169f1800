"""One occasion of a rule for one customer: what counts, what was asked, what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from engine.explain.load_customer import CustomerHistory
from engine.explain.model import Condition, OccasionExplanation, Status, Step
from engine.explain.not_enrolled import explain_not_enrolled
from engine.explain.steps import EnrolmentPath, explain_steps
from engine.explain.trigger_wording import explain_context
from engine.messages.correction import is_correction_rule
from engine.tick.advance import DONE
from engine.time_format import format_length
from shop.consent.existing_customer import SUFFICIENT_STATES
from shop.tables import Enrolment
from shop.types.purpose import Purpose
from triggers.config import Facts, Rule
from triggers.durations import allowed_lateness
from triggers.event import Occasion
from triggers.explain_conditions import FactSubject, evaluate_conditions
from triggers.registry import event_of
from triggers.stop import end_reason, must_end
from triggers.verdicts import OPEN_VERDICTS, Verdict

VERDICT_TEXT = {
    Verdict.NOT_MET: "not all that it asks was true",
    Verdict.NO_ADDRESS: "no e-mail address was known",
    Verdict.NO_BASIS: "there was no yes that allows it",
    Verdict.TOO_LATE: "it was too late",
}


def explain_occasion(
    history: CustomerHistory, name: str, rule: Rule, occasion: Occasion, row: Any | None
) -> OccasionExplanation:
    """`row` is the enrolment, where there is one."""
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
        description=event_of(rule).describe_occasion(explain_context(history), rule, occasion),
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
    evaluated_text = f"looked at on {history.format_time(row.enrolled_at)}"
    if row.verdict != Verdict.GO:
        reevaluation = (
            _reevaluation_text(history, rule, row) if row.verdict in OPEN_VERDICTS else ""
        )
        return (
            Status.NOT_STARTED,
            f"{evaluated_text}: {VERDICT_TEXT[Verdict(row.verdict)]}{reevaluation}",
        )
    began = f"began on {history.format_time(row.enrolled_at)}"
    if row.ended == DONE:
        return Status.DONE, f"{began}; nothing is left to do"
    if row.ended is not None:
        return Status.ENDED, f"{began}; ended: {row.ended}"
    return Status.RUNNING, f"{began}{_stop_text(history, rule, row)}"


def _reevaluation_text(history: CustomerHistory, rule: Rule, row: Any) -> str:
    """Open verdicts are judged again; until it is too late, unless it is a state that lasts."""
    if history.changed:
        return "; something has changed since, and the next run looks again"
    if event_of(rule).is_state and row.backlog:
        return "; asked again when something about them changes"
    until = row.due_at + allowed_lateness(rule)
    if until < history.now:
        return f"; it could have begun until {history.format_time(until)}"
    return f"; asked again when something about them changes, until {history.format_time(until)}"


def _stop_text(history: CustomerHistory, rule: Rule, row: Any) -> str:
    """Asked before every step: why the next one would end it."""
    query = select(end_reason(rule)).where(
        col(Enrolment.id) == row.id, must_end(rule, history.shop.config.shop.currency)
    )
    stop_reason = history.connection.scalar(query)
    return f"; its next step ends it: {stop_reason}" if stop_reason else ""


def _begin_conditions(
    history: CustomerHistory, rule: Rule, occasion: Occasion, *, begun: bool
) -> list[Condition]:
    """What decides whether it begins; once it has, the gate asks for the rest before each mail."""
    about = FactSubject(history.customer.number, occasion.subject_kind, occasion.subject_id)
    conditions = [
        *_fact_conditions(history, rule.if_, about, "if"),
        *_fact_conditions(history, rule.unless, about, "unless"),
    ]
    return (
        conditions
        if begun
        else [
            *conditions,
            *_reach_conditions(history, rule),
            *_lateness_condition(history, rule, occasion),
        ]
    )


def _fact_conditions(
    history: CustomerHistory, facts: Facts | None, about: FactSubject, clause_name: str
) -> list[Condition]:
    """Of an `unless` all must be true for it to say no."""
    clauses = evaluate_conditions(
        history.connection, facts, about, history.shop.config.shop.currency
    )
    says_no = clause_name == "unless" and all(clause.is_met for clause in clauses)
    return [
        Condition(
            clause_name,
            f"{clause.fact}: {clause.expected}",
            clause.actual,
            not says_no if clause_name == "unless" else clause.is_met,
        )
        for clause in clauses
    ]


def _reach_conditions(history: CustomerHistory, rule: Rule) -> list[Condition]:
    purpose, basis = event_of(rule).purpose, history.basis
    needs = "anything but a no" if purpose is Purpose.SERVICE else "a yes, or existing customer"
    return [
        Condition(
            "address",
            "an e-mail address",
            history.customer.email,
            history.customer.email is not None,
        ),
        Condition(
            "basis",
            needs,
            _with_reason(basis.state, basis.reason),
            basis.state in SUFFICIENT_STATES[purpose],
        ),
    ]


def _with_reason(state: str, reason: str) -> str:
    return f"{state} ({reason})" if reason else state


def _lateness_condition(
    history: CustomerHistory, rule: Rule, occasion: Occasion
) -> list[Condition]:
    """A state that lasts may come from long before the rule."""
    state = history.states.get(_rule_name(history, rule))
    backlog = state is not None and occasion.due_at < state.since
    if occasion.due_at > history.now or (event_of(rule).is_state and backlog):
        return []
    until = occasion.due_at + allowed_lateness(rule)
    return [
        Condition(
            "at most late",
            format_length(allowed_lateness(rule)),
            history.format_time(until),
            history.now <= until,
        )
    ]


def _rule_name(history: CustomerHistory, rule: Rule) -> str:
    return next(name for name, candidate in history.shop.config.rules.items() if candidate is rule)


def _explain_steps(history: CustomerHistory, rule: Rule, row: Any) -> list[Step]:
    about = FactSubject(history.customer.number, row.subject_kind, row.subject_id)
    return explain_steps(
        EnrolmentPath(
            rule=rule,
            enrolment=row,
            mails={mail.step: mail for mail in history.mails_of(row.id)},
            tasks={place: task for (of, place), task in history.tasks.items() if of == row.id},
            now=history.now,
            sentences=history.sentences,
            evaluate=lambda facts: _fact_conditions(history, facts, about, "if"),
        )
    )


def _correction_steps(history: CustomerHistory, row: Any) -> list[Step]:
    """What came after a mistake, in no rule's steps."""
    return [
        Step("oops", f"send {mail.template}", Status.DONE, mail.state, mail=mail)
        for mail in history.mails_of(row.id)
        if is_correction_rule(mail.rule)
    ]


def explain_removed_rule(history: CustomerHistory, row: Any) -> OccasionExplanation:
    """Of a rule that the file no longer holds: what is written down."""
    mails: Sequence[Step] = [
        Step(mail.step, f"send {mail.template}", Status.DONE, mail.state, mail=mail)
        for mail in history.mails_of(row.id)
        if not is_correction_rule(mail.rule)
    ]
    ended = row.ended is not None and row.ended != DONE
    evaluated_text = f"looked at on {history.format_time(row.enrolled_at)}"
    return OccasionExplanation(
        occasion=row.occasion,
        description=f"came due on {history.format_time(row.due_at)}",
        since_at=row.since_at,
        due_at=row.due_at,
        status=Status.ENDED if ended else Status.DONE,
        explanation=f"{evaluated_text}: {row.ended or row.verdict}",
        evaluated_at=row.enrolled_at,
        verdict=row.verdict,
        ended=row.ended,
        conditions=(),
        steps=[*mails, *_correction_steps(history, row)],
    )
