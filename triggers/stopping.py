"""Ending what has lost its reason: the occasion has passed, or what the owner named happened."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, literal, or_, select, update
from sqlmodel import col

from shop.tables import Enrolment, Order
from triggers.known import trigger_of
from triggers.words import Rule


def over(rule: Rule) -> ColumnElement[bool]:
    """True of the enrolments of this rule that must go no further."""
    passed = ~trigger_of(rule).still_so()
    return passed if rule.stop_when is None else or_(passed, _ordered())


def reason(rule: Rule) -> ColumnElement[str]:
    """Why they must not."""
    passed = (~trigger_of(rule).still_so(), literal(trigger_of(rule).over))
    return case(passed, else_=literal(f"stop when: {rule.stop_when}"))


def stop(connection: Connection, name: str, rule: Rule, *, tick: int, now: datetime) -> None:
    """End the due ones that must go no further."""
    due = (col(Enrolment.rule) == name, col(Enrolment.next_at) <= now)
    ending = {"next_at": None, "ended": reason(rule), "tick_id": tick}
    connection.execute(update(Enrolment).where(*due, over(rule)).values(**ending))


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
