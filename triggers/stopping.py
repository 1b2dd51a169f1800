"""Ending what has lost its reason: the occasion has passed, or what the owner named happened."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, false, literal, or_, select, update
from sqlmodel import col

from shop.tables import Enrolment, Order, PointsEntry
from triggers import facts
from triggers.known import trigger_of
from triggers.words import Rule


def over(rule: Rule, currency: str) -> ColumnElement[bool]:
    """True of the enrolments of this rule that must go no further."""
    return or_(_passed(rule), _happened(rule), _unless(rule, currency))


def reason(rule: Rule) -> ColumnElement[str]:
    """Why they must not."""
    return case(
        (_passed(rule), literal(trigger_of(rule).over)),
        (_happened(rule), literal(f"stop when: {rule.stop_when}")),
        else_=literal("unless"),
    )


def stop(
    connection: Connection, name: str, rule: Rule, *, tick: int, now: datetime, currency: str
) -> None:
    """End the due ones that must go no further."""
    due = (col(Enrolment.rule) == name, col(Enrolment.next_at) <= now)
    ending = {"next_at": None, "ended": reason(rule), "tick_id": tick}
    connection.execute(update(Enrolment).where(*due, over(rule, currency)).values(**ending))


def _passed(rule: Rule) -> ColumnElement[bool]:
    return ~trigger_of(rule).still_so()


def _happened(rule: Rule) -> ColumnElement[bool]:
    if rule.stop_when is None:
        return false()
    return _points_spent() if rule.stop_when == "points spent" else _ordered()


def _unless(rule: Rule, currency: str) -> ColumnElement[bool]:
    """Asked again before every step, unlike `if`."""
    if rule.unless is None:
        return false()
    return col(Enrolment.id).in_(facts.holding(rule.unless, currency))


def _ordered() -> ColumnElement[bool]:
    """`order placed` and `visit` alike: whoever orders has come."""
    return (
        select(col(Order.id))
        .where(
            col(Order.customer_id) == col(Enrolment.customer_id),
            col(Order.placed_at) > col(Enrolment.since_at),
            col(Order.counts).is_(True),
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
