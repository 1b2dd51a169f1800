"""Activates a copy of a shop: a restored backup, a moved folder, a staging machine.

Two active copies would each send everything. A database found in another place than before
therefore holds all mail until the owner activates it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, and_, or_, select, update
from sqlmodel import col

from engine.message_states import State
from engine.messages.approval_limit import IS_HELD
from engine.messages.leases import BATCH_SIZE, IS_PENDING
from engine.messages.settle import settle_messages
from engine.messages.settlement import Settlement
from engine.open.open_shop import OpenShop
from engine.signup.confirmation import cancel_waiting
from engine.tick.tick import begin_tick
from engine.tick_context import TICK_LOCK, TickContext
from mail.gate.reasons import Reason
from shop.db import location, stops
from shop.db.engine import read_transaction, write_transaction
from shop.db.locks import hold_lock, locked_transaction
from shop.tables import Enrolment, Message, RuleState
from triggers.registry import event_of

MAY_HAVE_GONE = f"{Reason.TOO_LATE}: it may have gone from elsewhere"


@dataclass(frozen=True)
class ActivationResult:
    """What activating the copy did."""

    was_held: bool
    dropped: int = 0  # mails and enrolments that were due
    paused: tuple[str, ...] = ()  # rules whose backlog may have been mailed already


def hold_reason(engine: Engine) -> str | None:
    """Returns why all mail is held where this is an inactive copy; None otherwise."""
    with read_transaction(engine) as connection:
        return stops.copy_hold_reason(connection)


def activate_copy(shop: OpenShop, *, now: datetime, catch_up: bool) -> ActivationResult:
    """Release the mail of this copy.

    Mails and enrolments that are due by `now` are dropped, because the original may have sent them,
    unless `catch_up` is set.
    """
    place = location.location_of(shop.engine)
    if not hold_reason(shop.engine):
        with write_transaction(shop.engine) as connection:
            _record_location(connection, place, now)
        return ActivationResult(was_held=False)
    with hold_lock(shop.engine, TICK_LOCK, shop.lease):
        # Enrol what is due first, so that its occasions are stored and never enrolled again.
        context = TickContext(begin_tick(shop.engine, shop.config, now=now).tick, now)
        with locked_transaction(shop.engine, TICK_LOCK) as connection:
            activation = (
                ActivationResult(was_held=True)
                if catch_up
                else _drop_due(connection, shop, context)
            )
            _record_location(connection, place, now)
            stops.release_copy(connection)
    return activation


def _record_location(
    connection: Connection, place: location.Location | None, now: datetime
) -> None:
    if place:
        location.store_location(connection, place, now=now, overwrite=True)


def _drop_due(connection: Connection, shop: OpenShop, context: TickContext) -> ActivationResult:
    mails = 0
    while skipped := _skip_due_mails(connection, shop, context):
        mails += skipped
    series = _end_due_enrolments(connection, context)
    cancel_waiting(connection, MAY_HAVE_GONE, now=context.now)
    _restart_rules(connection, shop, context.now)
    return ActivationResult(True, mails + series, _pause_backlogs(connection, shop, context.now))


def _skip_due_mails(connection: Connection, shop: OpenShop, context: TickContext) -> int:
    """Including those that wait for approval, which they may have had."""
    due = and_(or_(IS_PENDING, IS_HELD), col(Message.due_at) <= context.now)
    ids = connection.scalars(select(col(Message.id)).where(due).limit(BATCH_SIZE)).all()
    settle_messages(
        connection,
        shop.config,
        [Settlement(message_id, State.SKIPPED, MAY_HAVE_GONE) for message_id in ids],
        context,
    )
    return len(ids)


def _end_due_enrolments(connection: Connection, context: TickContext) -> int:
    due: ColumnElement[bool] = col(Enrolment.next_at) <= context.now
    values = {"next_at": None, "ended": MAY_HAVE_GONE, "tick_id": context.tick}
    cursor_result = connection.execution_options(preserve_rowcount=True).execute(
        update(Enrolment).where(due).values(**values)
    )
    return cursor_result.rowcount


def _restart_rules(connection: Connection, shop: OpenShop, now: datetime) -> None:
    """As for a new rule: late data from before `now` enrols no one."""
    for name, rule in shop.config.rules.items():
        # The mail of an occasion that collects for a while may have gone for the first of it.
        since = now + event_of(rule).collects_for
        connection.execute(update(RuleState).where(col(RuleState.rule) == name).values(since=since))


def _pause_backlogs(connection: Connection, shop: OpenShop, now: datetime) -> tuple[str, ...]:
    """Which customers the backlog has reached since the backup is unknown."""
    names = [name for name, rule in shop.config.rules.items() if rule.include_backlog]
    because = "include backlog: whom it has mailed since the backup is not known"
    return tuple(name for name in names if stops.stop_mail(connection, name, because, now=now))
