"""Ends enrolments whose occasion has passed, or that `stop when` or `unless` ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, Connection, Update, case, false, literal, or_, select, update
from sqlmodel import col

from shop.db.changed_customers import claimed_customers
from shop.db.upsert import STATEMENT_CACHE_SIZE
from shop.tables import Enrolment, Order, PointsEntry, Task
from triggers.config import Rule
from triggers.facts import conditions as fact_conditions
from triggers.facts.config import Facts
from triggers.registry import event_of, trigger_of
from triggers.trigger import NOW_PARAM, RULE_PARAM, TICK_PARAM


def must_end(rule: Rule, currency: str) -> ColumnElement[bool]:
    """SQL condition on enrolments of `rule`: they must not go on."""
    return or_(
        _occasion_passed(rule, currency), _stop_event_happened(rule), _unless_holds(rule, currency)
    )


def end_reason(rule: Rule, currency: str) -> ColumnElement[str]:
    """SQL expression: why they must not go on."""
    return case(
        (_occasion_passed(rule, currency), _passed_reason(rule)),
        (_stop_event_happened(rule), literal(f"stop when: {rule.stop_when}")),
        else_=literal("unless"),
    )


@dataclass(frozen=True)
class EndStatementKey:
    """What the SQL depends on; rules with one key end their enrolments alike."""

    rule: Rule = field(compare=False)
    event: str
    stop_when: str | None
    if_: str
    unless: str
    currency: str


def end_statement_key(rule: Rule, currency: str) -> EndStatementKey:
    return EndStatementKey(
        rule, rule.when, rule.stop_when, repr(rule.if_), repr(rule.unless), currency
    )


def end_due_enrolments(
    connection: Connection, name: str, rule: Rule, *, tick: int, now: datetime, currency: str
) -> None:
    """Ends the due enrolments of the rule called `name` that must not go on."""
    parameters = {RULE_PARAM.key: name, NOW_PARAM.key: now, TICK_PARAM.key: tick}
    connection.execute(_end_statement(end_statement_key(rule, currency)), parameters)


@lru_cache(STATEMENT_CACHE_SIZE)
def _end_statement(key: EndStatementKey) -> Update:
    due = (col(Enrolment.rule) == RULE_PARAM, col(Enrolment.next_at) <= NOW_PARAM)
    final_values = {
        "next_at": None,
        "ended": end_reason(key.rule, key.currency),
        "tick_id": TICK_PARAM,
    }
    return update(Enrolment).where(*due, must_end(key.rule, key.currency)).values(**final_values)


def close_moot_tasks(
    connection: Connection, name: str, rule: Rule, *, tick: int, now: datetime, currency: str
) -> None:
    """Closes open tasks of the customers that the tick has claimed, where a newer report of the
    occasion no longer meets the `if` of the rule called `name`: their answer was corrected.
    """
    if _subject_conditions(rule) is not None:
        parameters = {RULE_PARAM.key: name, NOW_PARAM.key: now, TICK_PARAM.key: tick}
        connection.execute(_close_statement(end_statement_key(rule, currency)), parameters)


@lru_cache(STATEMENT_CACHE_SIZE)
def _close_statement(key: EndStatementKey) -> Update:
    customers = claimed_customers(TICK_PARAM)
    moot = select(col(Enrolment.id)).where(
        col(Enrolment.rule) == RULE_PARAM,
        col(Enrolment.customer_id).in_(customers),
        _is_corrected(key.rule, key.currency),
    )
    open_tasks = (col(Task.customer_id).in_(customers), col(Task.done_at).is_(None))
    is_moot = col(Task.enrolment_id).in_(moot)
    return update(Task).where(*open_tasks, is_moot).values(done_at=NOW_PARAM)


def _occasion_passed(rule: Rule, currency: str) -> ColumnElement[bool]:
    return or_(~trigger_of(rule).still_applies(), _is_corrected(rule, currency))


def _is_corrected(rule: Rule, currency: str) -> ColumnElement[bool]:
    """What it is about no longer meets the `if` of the rule."""
    facts = _subject_conditions(rule)
    if facts is None:
        return false()
    return ~fact_conditions.enrolment_meets(facts, currency)


def _subject_conditions(rule: Rule) -> Facts | None:
    """The part of `if` that may change with a correction; None where there is none."""
    again = event_of(rule).subject_facts
    conditions = {
        fact: comparison for fact, comparison in rule.if_ or () if comparison and fact in again
    }
    return Facts.model_construct(**conditions) if conditions else None


def _passed_reason(rule: Rule) -> ColumnElement[str]:
    reason = trigger_of(rule).end_reason
    return literal(reason) if isinstance(reason, str) else reason()


def _stop_event_happened(rule: Rule) -> ColumnElement[bool]:
    if rule.stop_when is None:
        return false()
    return _points_spent() if rule.stop_when == "points spent" else _ordered(rule)


def _unless_holds(rule: Rule, currency: str) -> ColumnElement[bool]:
    """Checked before every step, unlike `if`."""
    if rule.unless is None:
        return false()
    return fact_conditions.enrolment_meets(rule.unless, currency)


def _ordered(rule: Rule) -> ColumnElement[bool]:
    """`order placed` and `visit` are the same: an order is a visit.

    An order that is still to be paid is no visit, but it was placed.
    """
    return (
        select(col(Order.id))
        .where(
            col(Order.customer_id) == col(Enrolment.customer_id),
            trigger_of(rule).order_followed(),
            or_(col(Order.counts).is_(True), col(Order.awaits_payment).is_(True)),
        )
        .exists()
    )


def _points_spent() -> ColumnElement[bool]:
    return (
        select(col(PointsEntry.id))
        .where(
            col(PointsEntry.customer_id) == col(Enrolment.customer_id),
            col(PointsEntry.kind) == "spent",
            col(PointsEntry.at) > col(Enrolment.since_at),
        )
        .exists()
    )
