"""Takes back the ticks of a clock that was ahead.

What was sent stays sent. Everything else that such a tick decided is decided again: its enrolments
are forgotten unless a mail of them has gone, and mails of earlier ticks that it let go as too late
wait again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Engine,
    Executable,
    case,
    delete,
    func,
    literal,
    select,
    update,
)
from sqlmodel import col

from engine.clock.plausibility import MAX_LEAD
from engine.delivery.sender_outcomes import RETRY_DELAYS
from engine.message_states import ACCEPTED, State
from engine.messages.bulk_update import update_columns
from engine.messages.find_corrections import is_correction
from engine.tick_context import TICK_LOCK
from loyalty.fold import OWN_SOURCE, EntryKind
from mail.gate.reasons import Reason
from shop.db.changed_customers import mark_all_changed
from shop.db.locks import hold_lock, locked_transaction
from shop.db.upsert import table_of
from shop.tables import Enrolment, Message, PointsEntry, RuleState, SignUp, Task, Tick
from shop.types.moment import Moment

HANDED_OVER = [
    state.value
    for state in (*ACCEPTED, State.REHEARSED, State.SENDING, State.IN_DIGEST, State.IN_DOUBT)
]
WAITING = (State.QUEUED.value, State.DEFERRED.value)
NOT_APPROVED = (str(Reason.NOT_APPROVED), f"{Reason.TOO_LATE}: nobody approved it")


@dataclass(frozen=True)
class UndoneTicks:
    """What was taken back: `ticks` that had looked until `until`; `waiting` mails that wait again,
    `forgotten` enrolments, and mails that were `sent` by these ticks and stay sent.
    """

    ticks: int
    until: datetime
    waiting: int
    forgotten: int
    sent: int


def undo_ticks_ahead(engine: Engine, *, now: datetime) -> UndoneTicks | None:
    """Takes back all ticks whose time is more than `MAX_LEAD` after `now`, in one transaction;
    returns None where there is none. Raises `LockHeldError` during a tick.

    1. Mails that these ticks handed over count from `now`, and so do the waits after them.
    2. Enrolments of these ticks are deleted, with what is unsent of them.
    3. Earlier enrolments that they moved to a mail before its time come due at that time.
    4. Mails that they skipped as too late, or deferred, wait again; so do those that a mail server
       wanted later, which would be tried again only when the time of that clock has come.
    5. Points that they let expire before their time are given back.
    6. The rules are evaluated again from the last tick before them, for all customers.
    """
    with hold_lock(engine, TICK_LOCK), locked_transaction(engine, TICK_LOCK) as connection:
        limit = now + MAX_LEAD
        ahead = connection.execute(
            select(func.count(), func.max(col(Tick.at))).where(col(Tick.at) > limit)
        ).one()
        if not ahead[0]:
            return None
        _shorten_waits(connection, limit, now)
        sent = _date_handed_over(connection, limit, now)
        forgotten = _forget_enrolments(connection, limit)
        _reset_early_mails(connection, limit)
        waiting = _requeue_messages(connection, limit, now) + _reset_retries(connection, now)
        _restore_points(connection, now)
        _reset_rules(connection, limit, now)
        _count(connection, update(Tick).where(col(Tick.at) > limit).values(at=now))
        return UndoneTicks(ahead[0], ahead[1], waiting, forgotten, sent)


def _shorten_waits(connection: Connection, limit: datetime, now: datetime) -> None:
    """A wait after a mail was counted from the clock that was ahead when the mail went."""
    waits = (
        select(col(Enrolment.id), col(Enrolment.next_at), func.max(col(Message.settled_at)))
        .join(Message, col(Message.enrolment_id) == col(Enrolment.id))
        .where(
            col(Message.settled_at) > limit,
            col(Message.state).in_(HANDED_OVER),
            ~is_correction(),
            col(Enrolment.next_at) > limit,
        )
        .group_by(col(Enrolment.id), col(Enrolment.next_at))
    )
    rows = [
        {"row": enrolment, "next_at": max(now, next_at - (settled_at - now))}
        for enrolment, next_at, settled_at in connection.execute(waits).tuples()
        if next_at and settled_at
    ]
    if rows:
        connection.execute(update_columns(Enrolment, "next_at"), rows)


def _date_handed_over(connection: Connection, limit: datetime, now: datetime) -> int:
    confirmations = update(SignUp).where(col(SignUp.settled_at) > limit)
    connection.execute(confirmations.values(settled_at=now))
    handed_over = (col(Message.settled_at) > limit, col(Message.state).in_(HANDED_OVER))
    return _count(connection, update(Message).where(*handed_over).values(settled_at=now))


def _forget_enrolments(connection: Connection, limit: datetime) -> int:
    """An enrolment whose task a person has done stays, as one whose mail has gone."""
    mailed = select(col(Message.enrolment_id)).where(col(Message.state).in_(HANDED_OVER))
    done = select(col(Task.enrolment_id)).where(col(Task.done_at).is_not(None))
    enrolment = col(Enrolment.id)
    forgotten = select(enrolment).where(
        col(Enrolment.enrolled_at) > limit, enrolment.not_in(mailed), enrolment.not_in(done)
    )
    ids = forgotten.scalar_subquery()
    for model in (Message, Task):
        connection.execute(delete(model).where(col(model.enrolment_id).in_(ids)))
    in_table = delete(Enrolment).where(
        col(Enrolment.enrolled_at) > limit, enrolment.not_in(mailed), enrolment.not_in(done)
    )
    return _count(connection, in_table)


def _reset_early_mails(connection: Connection, limit: datetime) -> None:
    """The step is reached again when the mail is due: until then its conditions may change."""
    early = (
        col(Message.created_at) > limit,
        col(Message.state).not_in(HANDED_OVER),
        ~is_correction(),
    )
    due_at = (
        select(func.min(col(Message.due_at)))
        .where(col(Message.enrolment_id) == col(Enrolment.id), *early)
        .scalar_subquery()
    )
    moved = col(Enrolment.id).in_(select(col(Message.enrolment_id)).where(*early))
    waits_for_mail = {"next_at": due_at, "next_step": None, "ended": None}
    connection.execute(update(Enrolment).where(moved).values(waits_for_mail))
    connection.execute(delete(Message).where(*early))


def _requeue_messages(connection: Connection, limit: datetime, now: datetime) -> int:
    of_ticks = col(Message.tick_id).in_(select(col(Tick.id)).where(col(Tick.at) > limit))
    too_late = (
        of_ticks,
        col(Message.state) == State.SKIPPED.value,
        _is_about_time(),
    )
    ended = select(col(Message.enrolment_id)).where(*too_late, ~is_correction())
    connection.execute(update(Enrolment).where(col(Enrolment.id).in_(ended)).values(ended=None))
    waits_again = {
        "state": case(
            (col(Message.reason).in_(NOT_APPROVED), State.AWAITING_APPROVAL.value),
            else_=State.QUEUED.value,
        ),
        "reason": None,
        "settled_at": None,
    }
    requeued = _count(connection, update(Message).where(*too_late).values(waits_again))
    deferred = (of_ticks, col(Message.state) == State.DEFERRED.value, col(Message.due_at) > now)
    return requeued + _count(connection, update(Message).where(*deferred).values(due_at=now))


def _reset_retries(connection: Connection, now: datetime) -> int:
    """Returns how many mails were to be tried again later than any of our retries can be."""
    mails, _sign_ups = (
        _count(
            connection,
            update(model)
            .where(col(model.state).in_(WAITING), col(model.retry_at) > now + RETRY_DELAYS[-1])
            .values(retry_at=None),
        )
        for model in (Message, SignUp)
    )
    return mails


def _is_about_time() -> ColumnElement[bool]:
    reason = col(Message.reason)
    return reason.startswith(str(Reason.TOO_LATE)) | (reason == str(Reason.NOT_APPROVED))


def _restore_points(connection: Connection, now: datetime) -> None:
    """Lots and balances follow from the entries when the next tick reads them."""
    entry = table_of(PointsEntry).c
    early = (
        entry.source == OWN_SOURCE,
        entry.kind == EntryKind.EXPIRED.value,
        entry.at > now,
    )
    connection.execute(delete(PointsEntry).where(*early))


def _reset_rules(connection: Connection, limit: datetime, now: datetime) -> None:
    """A rule whose first tick was ahead looks forward from `now`."""
    last_right = connection.scalar(select(func.max(col(Tick.at))).where(col(Tick.at) <= limit))
    is_ahead = col(RuleState.looked_until) > limit
    since = case((col(RuleState.since) > limit, literal(now, Moment)), else_=col(RuleState.since))
    again = {"looked_until": min(last_right or now, now), "since": since}
    connection.execute(update(RuleState).where(is_ahead).values(again))
    mark_all_changed(connection)


def _count(connection: Connection, statement: Executable) -> int:
    with_rowcount = connection.execution_options(preserve_rowcount=True)
    result = with_rowcount.execute(statement)
    return result.rowcount if isinstance(result, CursorResult) else 0
