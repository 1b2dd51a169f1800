"""Ending what has lost its reason: the occasion has passed, or what the owner named happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, Connection, Update, case, false, literal, or_, select, update
from sqlmodel import col

from shop.db.upsert import REMEMBERED
from shop.tables import Enrolment, Order, PointsEntry
from triggers import facts
from triggers.config import Rule
from triggers.registry import trigger_of
from triggers.trigger import NOW, OURS, TICK


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


@dataclass(frozen=True)
class Ending:
    """A rule, alike where its enrolments end alike."""

    rule: Rule = field(compare=False)
    when: str
    stop_when: str | None
    unless: str
    currency: str


def ending(rule: Rule, currency: str) -> Ending:
    return Ending(rule, rule.when, rule.stop_when, repr(rule.unless), currency)


def stop(
    connection: Connection, name: str, rule: Rule, *, tick: int, now: datetime, currency: str
) -> None:
    """End the due ones that must go no further."""
    given = {OURS.key: name, NOW.key: now, TICK.key: tick}
    connection.execute(_stopping(ending(rule, currency)), given)


@lru_cache(REMEMBERED)
def _stopping(one: Ending) -> Update:
    due = (col(Enrolment.rule) == OURS, col(Enrolment.next_at) <= NOW)
    last = {"next_at": None, "ended": reason(one.rule), "tick_id": TICK}
    return update(Enrolment).where(*due, over(one.rule, one.currency)).values(**last)


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
