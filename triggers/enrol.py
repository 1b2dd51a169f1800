"""One rule, one statement: whoever it is about gets a row with a verdict.

Candidates are those whose clock came due since the rule last looked, and those who changed.
The key (rule, customer, occasion) makes it harmless to look twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    false,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlmodel import col

from shop.consent.basis import EMAIL
from shop.consent.existing_customer import ENOUGH_FOR, state_of
from shop.db.cached_insert import Insert
from shop.db.timezones import in_use
from shop.db.upsert import REMEMBERED, insert_into
from shop.tables import Basis, Customer, Enrolment, Message
from shop.types.moment import Moment
from shop.types.purpose import Purpose
from triggers import facts
from triggers.config import Rule
from triggers.durations import LONGER_THAN_USUAL
from triggers.event_defaults import MANNERS
from triggers.null_columns import no_row
from triggers.registry import trigger_of
from triggers.steps import FIRST
from triggers.trigger import (
    BEGINS,
    CANDIDATE,
    MOST,
    NOW,
    OURS,
    SINCE,
    TICK,
    WORTH,
    Look,
    VouchedAt,
)
from triggers.verdicts import OPEN, Verdict

COLUMNS = (
    "rule", "customer_id", "occasion", "cart_id", "answer_id", "since_at", "due_at", "backlog",
    "enrolled_at", "verdict", "step", "next_at", "tick_id",
)  # fmt: skip


def enrol(connection: Connection, name: str, rule: Rule, look: Look, *, currency: str) -> int:
    """Write the verdicts of one rule; how many of the backlog were let begin."""
    if MANNERS[rule.when].by_day:
        look = replace(look, zones=in_use(connection))
        statement = _enrolling(rule, look, currency)
    else:
        statement = _once(_asked(rule, look, currency))
    given = look.given(name, rule, trigger_of(rule).length(rule))
    connection.execute(statement, given)
    return connection.scalar(_begun(), given) or 0


@dataclass(frozen=True)
class _Asked:
    """A rule and a look, alike where their statement is: lengths and moments are given to it."""

    rule: Rule = field(compare=False)
    look: Look = field(compare=False)
    when: str
    usual: bool
    facts: tuple[str, str]
    currency: str
    vouched: tuple[str, ...]
    backlog: tuple[bool, bool]


def _asked(rule: Rule, look: Look, currency: str) -> _Asked:
    return _Asked(
        rule,
        look,
        when=rule.when,
        usual=rule.for_ == LONGER_THAN_USUAL,
        facts=(repr(rule.if_), repr(rule.unless)),
        currency=currency,
        vouched=tuple(one.channel for one in look.terms),
        backlog=(_has_backlog(rule), look.search_backlog),
    )


@lru_cache(REMEMBERED)
def _once(asked: _Asked) -> Insert:
    return _enrolling(asked.rule, asked.look, asked.currency)


def _enrolling(rule: Rule, look: Look, currency: str) -> Insert:
    judged = _judged(rule, look, currency).cte("judged")
    allowed = or_(
        judged.c.backlog.is_(False),
        judged.c.verdict != Verdict.GO.value,
        judged.c.place <= MOST,
    )
    rows = select(*(judged.c[name] for name in COLUMNS)).where(allowed)
    statement = insert_into(Enrolment)
    fresh = statement.excluded
    again = ("verdict", "next_at", "tick_id", "since_at", "due_at", "enrolled_at", "backlog")
    return statement.from_select(COLUMNS, rows).on_conflict_do_update(
        index_elements=["rule", "customer_id", "occasion"],
        set_={name: fresh[name] for name in again},
        where=and_(
            col(Enrolment.verdict).in_([verdict.value for verdict in OPEN]),
            col(Enrolment.verdict) != fresh.verdict,
        ),
    )


@cache
def _begun() -> Select[tuple[int]]:
    ours = and_(col(Enrolment.rule) == OURS, col(Enrolment.tick_id) == TICK)
    went = and_(col(Enrolment.backlog).is_(True), col(Enrolment.verdict) == Verdict.GO.value)
    return select(func.count()).where(ours, went)


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


def _judged(rule: Rule, look: Look, currency: str) -> Select[Any]:
    found = _candidates(rule, look)
    backlog = found.c.due_at < SINCE
    verdict = _verdict(rule, found.c.due_at, backlog, look, currency)
    # Waits and deadlines count from when it came due; for the backlog, from when it was let go.
    starts = case((backlog, NOW), else_=found.c.due_at)
    begins = type_coerce(case((verdict == Verdict.GO.value, starts)), Moment)
    place = func.row_number().over(partition_by=[backlog, verdict], order_by=found.c.due_at.desc())
    theirs = and_(col(Basis.customer_id) == found.c.customer_id, col(Basis.channel) == EMAIL)
    judged = (
        select(
            OURS.label("rule"),
            *(found.c[column] for column in CANDIDATE),
            backlog.label("backlog"),
            NOW.label("enrolled_at"),
            verdict.label("verdict"),
            literal(FIRST).label("step"),
            begins.label("next_at"),
            TICK.label("tick_id"),
            place.label("place"),
        )
        .join(Customer, col(Customer.id) == found.c.customer_id)
        .outerjoin(Basis, theirs)
    )
    return facts.joined(judged, found.c.customer_id, found.c.cart_id, found.c.answer_id)


def _verdict(
    rule: Rule,
    due_at: ColumnElement[datetime],
    backlog: ColumnElement[bool],
    look: Look,
    currency: str,
) -> ColumnElement[str]:
    """The first objection, in the order in which an owner would ask."""
    late = due_at < WORTH
    if MANNERS[rule.when].lasting:
        late = and_(~backlog, late)
    met = facts.hold(rule.if_, currency, col(Customer.id))
    if rule.unless:
        met = and_(met, ~facts.hold(rule.unless, currency, col(Customer.id)))
    return case(
        (~met, Verdict.NOT_MET.value),
        (col(Customer.email).is_(None), Verdict.NO_ADDRESS.value),
        (~_may_be_mailed(MANNERS[rule.when].purpose, look), Verdict.NO_BASIS.value),
        (late, Verdict.TOO_LATE.value),
        else_=Verdict.GO.value,
    )


def _may_be_mailed(purpose: Purpose, look: Look) -> ColumnElement[bool]:
    """Marketing needs a yes or an existing customer; a service mail only that there is no no."""
    vouched = [VouchedAt(term.channel) for term in look.terms]
    state = state_of(col(Customer.id), col(Basis.state), vouched, NOW)
    return state.in_([enough.value for enough in ENOUGH_FOR[purpose]])


def _candidates(rule: Rule, look: Look) -> CTE:
    """One row an occasion, the earliest of those that come to the same."""
    found = union_all(*_found(rule, look)).subquery()
    rows = {column: func.min(found.c[column]).label(column) for column in CANDIDATE}
    same = [found.c.customer_id, found.c.occasion]
    rows |= {"customer_id": same[0].label("customer_id"), "occasion": same[1].label("occasion")}
    return select(*rows.values()).group_by(*same).cte("candidates")


def _found(rule: Rule, look: Look) -> list[Select[Any]]:
    trigger = trigger_of(rule)
    changed = trigger.changed(rule, look)
    if not _has_backlog(rule):
        changed = [one.where(one.selected_columns["due_at"] >= SINCE) for one in changed]
    old = trigger.backlog(rule, look) if look.search_backlog else []
    if not MANNERS[rule.when].lasting:
        # What passed long ago is no backlog: nobody is told that they are too late for it.
        old = [one.where(one.selected_columns["due_at"] >= WORTH) for one in old]
        changed = [one.where(one.selected_columns["due_at"] >= BEGINS) for one in changed]
    found = [*trigger.came_due(rule, look), *changed, *old]
    undecided = [one.where(~_has_final_row(one)) for one in found]
    if MANNERS[rule.when].lasting:
        undecided = [one.where(~_mailed_since(one), ~_being_answered(one)) for one in undecided]
    return [*undecided, _nobody()]


def _has_backlog(rule: Rule) -> bool:
    return rule.include_backlog is not None and rule.include_backlog.per_day != 0


def _nobody() -> Select[Any]:
    """A union of nothing is no statement; this selects the columns and not one row."""
    at = literal(None, Moment)
    return select(
        literal(0).label("customer_id"),
        literal("").label("occasion"),
        no_row("cart_id"),
        no_row("answer_id"),
        at.label("since_at"),
        at.label("due_at"),
    ).where(false())


def _has_final_row(every: Select[Any]) -> ColumnElement[bool]:
    named = every.selected_columns
    return (
        select(col(Enrolment.id))
        .where(
            col(Enrolment.rule) == OURS,
            col(Enrolment.customer_id) == named["customer_id"],
            col(Enrolment.occasion) == named["occasion"],
            col(Enrolment.verdict).not_in([verdict.value for verdict in OPEN]),
        )
        .exists()
    )


def _being_answered(every: Select[Any]) -> ColumnElement[bool]:
    """A cancelled visit moves the beginning back: the series that is under way answers it."""
    named = every.selected_columns
    return (
        select(col(Enrolment.id))
        .where(
            col(Enrolment.rule) == OURS,
            col(Enrolment.customer_id) == named["customer_id"],
            col(Enrolment.since_at) >= named["since_at"],
            col(Enrolment.next_at).is_not(None),
        )
        .exists()
    )


def _mailed_since(every: Select[Any]) -> ColumnElement[bool]:
    """Late data may move the beginning of a state: the state was answered all the same."""
    named = every.selected_columns
    return (
        select(col(Message.id))
        .where(
            col(Message.rule) == OURS,
            col(Message.customer_id) == named["customer_id"],
            col(Message.created_at) >= named["since_at"],
            col(Message.state).not_in(["skipped", "failed", "declined"]),
        )
        .exists()
    )
