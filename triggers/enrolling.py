"""One rule, one statement: whoever it is about gets a row with a verdict.

Candidates are those whose clock came due since the rule last looked, and those who changed.
The key (rule, customer, occasion) makes it harmless to look twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union,
)
from sqlmodel import col

from shop import dirty
from shop.basis import EMAIL
from shop.purpose import Purpose
from shop.tables import Basis, Cart, Customer, Enrolment, Metrics
from shop.times import Moment, after
from shop.writing import insert_into
from triggers import facts
from triggers.known import lateness_of, length_of, trigger_of
from triggers.verdicts import OPEN, Verdict
from triggers.whens import MANNERS
from triggers.words import Rule

INSTANT = timedelta(microseconds=1)
COLUMNS = (
    "rule", "customer_id", "occasion", "cart_id", "since_at", "due_at", "backlog",
    "enrolled_at", "verdict", "step", "next_at", "tick_id",
)  # fmt: skip


@dataclass(frozen=True)
class Look:
    """From where to where a rule looks this time."""

    tick: int
    now: datetime
    since: datetime  # the rule looks forward from here
    looked_until: datetime
    backlog: int  # how many from before `since` may begin now
    search_backlog: bool  # whether to look for them, or only at those who changed


def enrol(connection: Connection, name: str, rule: Rule, look: Look, *, currency: str) -> int:
    """Write the verdicts of one rule; how many of the backlog were let begin."""
    judged = _judged(name, rule, look, currency).cte("judged")
    allowed = or_(
        judged.c.backlog.is_(False),
        judged.c.verdict != Verdict.GO.value,
        judged.c.place <= look.backlog,
    )
    rows = select(*(judged.c[name] for name in COLUMNS)).where(allowed)
    statement = insert_into(Enrolment, connection)
    fresh = statement.excluded
    again = ("verdict", "next_at", "tick_id", "cart_id", "due_at", "enrolled_at", "backlog")
    connection.execute(
        statement.from_select(COLUMNS, rows).on_conflict_do_update(
            index_elements=["rule", "customer_id", "occasion"],
            set_={name: fresh[name] for name in again},
            where=and_(
                col(Enrolment.verdict).in_([verdict.value for verdict in OPEN]),
                col(Enrolment.verdict) != fresh.verdict,
            ),
        )
    )
    return _begun(connection, name, look)


def _begun(connection: Connection, name: str, look: Look) -> int:
    ours = and_(col(Enrolment.rule) == name, col(Enrolment.tick_id) == look.tick)
    went = and_(col(Enrolment.backlog).is_(True), col(Enrolment.verdict) == Verdict.GO.value)
    return connection.scalar(select(func.count()).where(ours, went)) or 0


def backlog_begun_since(connection: Connection, name: str, start: datetime) -> int:
    """How many of the backlog have begun after that moment."""
    return (
        connection.scalar(
            select(func.count()).where(
                col(Enrolment.rule) == name,
                col(Enrolment.backlog).is_(True),
                col(Enrolment.verdict) == Verdict.GO.value,
                col(Enrolment.enrolled_at) > start,
            )
        )
        or 0
    )


def _judged(name: str, rule: Rule, look: Look, currency: str) -> Select[Any]:
    candidates = _candidates(name, rule, look)
    due_at = after(candidates.c.since_at, length_of(rule))
    backlog = due_at < look.since
    verdict = _verdict(rule, due_at, backlog, look.now, currency)
    begins = type_coerce(case((verdict == Verdict.GO.value, literal(look.now, Moment))), Moment)
    place = func.row_number().over(partition_by=[backlog, verdict], order_by=due_at.desc())
    return (
        select(
            literal(name).label("rule"),
            candidates.c.customer_id,
            candidates.c.occasion,
            candidates.c.cart_id,
            candidates.c.since_at,
            due_at.label("due_at"),
            backlog.label("backlog"),
            literal(look.now, Moment).label("enrolled_at"),
            verdict.label("verdict"),
            literal("1").label("step"),
            begins.label("next_at"),
            literal(look.tick).label("tick_id"),
            place.label("place"),
        )
        .join(Customer, col(Customer.id) == candidates.c.customer_id)
        .outerjoin(Metrics, col(Metrics.customer_id) == candidates.c.customer_id)
        .outerjoin(Cart, col(Cart.id) == candidates.c.cart_id)
        .outerjoin(
            Basis,
            and_(col(Basis.customer_id) == candidates.c.customer_id, col(Basis.channel) == EMAIL),
        )
    )


def _verdict(
    rule: Rule,
    due_at: ColumnElement[datetime],
    backlog: ColumnElement[bool],
    now: datetime,
    currency: str,
) -> ColumnElement[str]:
    """The first objection, in the order in which an owner would ask."""
    late = due_at < now - lateness_of(rule)
    if MANNERS[rule.when].lasting:
        late = and_(~backlog, late)
    return case(
        (~facts.hold(rule.if_, currency), Verdict.NOT_MET.value),
        (col(Customer.email).is_(None), Verdict.NO_ADDRESS.value),
        (~may_be_mailed(MANNERS[rule.when].purpose), Verdict.NO_BASIS.value),
        (late, Verdict.TOO_LATE.value),
        else_=Verdict.GO.value,
    )


def may_be_mailed(purpose: Purpose) -> ColumnElement[bool]:
    """Marketing needs a yes; a service mail only that there is no no."""
    state = func.coalesce(col(Basis.state), "none")
    return state == "yes" if purpose is Purpose.MARKETING else state != "no"


def _candidates(name: str, rule: Rule, look: Look) -> CTE:
    trigger, length = trigger_of(rule), length_of(rule)
    every = trigger.occasions()
    due = trigger.clock <= look.now - length
    looked = max(look.looked_until, look.since - INSTANT)
    came_due = every.where(due, trigger.clock > looked - length)
    changed = every.where(due, trigger.customer.in_(dirty.changed(look.tick)))
    if rule.include_backlog is None or rule.include_backlog.per_day == 0:
        changed = changed.where(trigger.clock >= look.since - length)
    found = [came_due, changed]
    if look.search_backlog:
        old = every.where(trigger.clock < look.since - length, ~_has_row(name, every))
        found.append(old)
    return union(*found).cte("candidates")


def _has_row(name: str, every: Select[Any]) -> ColumnElement[bool]:
    named = every.selected_columns
    return (
        select(null())
        .where(
            col(Enrolment.rule) == name,
            col(Enrolment.customer_id) == named["customer_id"],
            col(Enrolment.occasion) == named["occasion"],
        )
        .exists()
    )
