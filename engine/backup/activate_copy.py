"""A copy of a shop never mails by itself: a restored backup, a copied folder, a staging machine.

Two of one shop would each send everything. So a database that is not where it lived holds all its
mail, until its owner says that it is the one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, and_, or_, select, update
from sqlmodel import col

from engine.message_states import State
from engine.messages.approval_limit import HELD
from engine.messages.leases import BATCH, NOT_YET
from engine.messages.settle import Settled, settle
from engine.open.open_shop import OpenShop
from engine.run import LOCK
from engine.signup.confirmation import give_up_waiting
from engine.tick.tick import tick
from engine.tick_context import Turn
from mail.gate.reasons import Reason
from shop.db import location, stops
from shop.db.engine import reading, writing
from shop.db.locks import alone
from shop.tables import Enrolment, Message, RuleState

# One occasion gathers what came due within so long: its mail may have gone for the first of it.
GATHERS = {"points earned": timedelta(weeks=1), "points expire": timedelta(days=1)}
MAY_HAVE_GONE = f"{Reason.TOO_LATE}: it may have gone from elsewhere"


@dataclass(frozen=True)
class Awake:
    """What came of the owner's word."""

    was_held: bool
    dropped: int = 0  # mails and series that were due
    paused: tuple[str, ...] = ()  # rules whose backlog may have been mailed already


def asleep(engine: Engine) -> str | None:
    """Why no mail goes, where this is a copy."""
    with reading(engine) as connection:
        return stops.copy_held(connection)


def this_is_the_one(shop: OpenShop, *, now: datetime, catch_up: bool) -> Awake:
    """Let its mail go. What came due up to now may have gone from elsewhere, and is dropped,
    unless the owner knows better."""
    place = location.place_of(shop.engine)
    if not asleep(shop.engine):
        with writing(shop.engine) as connection:
            _settle_here(connection, place, now)
        return Awake(was_held=False)
    with alone(shop.engine, LOCK):
        # What came due is written down first: then its occasions are known, and never come again.
        turn = Turn(tick(shop.engine, shop.file, now=now).tick, now)
        with writing(shop.engine) as connection:
            done = Awake(was_held=True) if catch_up else _drop(connection, shop, turn)
            _settle_here(connection, place, now)
            stops.let_copy_go(connection)
    return done


def _settle_here(connection: Connection, place: location.Place | None, now: datetime) -> None:
    if place:
        location.settle_at(connection, place, now=now, anew=True)


def _drop(connection: Connection, shop: OpenShop, turn: Turn) -> Awake:
    mails = 0
    while ended := _end_mails(connection, shop, turn):
        mails += ended
    series = _end_series(connection, turn)
    give_up_waiting(connection, MAY_HAVE_GONE, now=turn.now)
    _look_forward(connection, shop, turn.now)
    return Awake(True, mails + series, _pause_backlogs(connection, shop, turn.now))


def _end_mails(connection: Connection, shop: OpenShop, turn: Turn) -> int:
    """Also what waits for the owner's word: it may have had it."""
    due = and_(or_(NOT_YET, HELD), col(Message.due_at) <= turn.now)
    ids = connection.scalars(select(col(Message.id)).where(due).limit(BATCH)).all()
    settle(
        connection,
        shop.file,
        [Settled(one, State.SKIPPED, MAY_HAVE_GONE) for one in ids],
        turn,
    )
    return len(ids)


def _end_series(connection: Connection, turn: Turn) -> int:
    due: ColumnElement[bool] = col(Enrolment.next_at) <= turn.now
    ended = {"next_at": None, "ended": MAY_HAVE_GONE, "tick_id": turn.tick}
    done = connection.execution_options(preserve_rowcount=True).execute(
        update(Enrolment).where(due).values(**ended)
    )
    return done.rowcount


def _look_forward(connection: Connection, shop: OpenShop, now: datetime) -> None:
    """As a new rule does: what arrives late from before this moment begins nothing."""
    for name, rule in shop.file.rules.items():
        since = now + GATHERS.get(rule.when, timedelta(0))
        connection.execute(update(RuleState).where(col(RuleState.rule) == name).values(since=since))


def _pause_backlogs(connection: Connection, shop: OpenShop, now: datetime) -> tuple[str, ...]:
    """Their very purpose is to go back: whom they went back to already is not known here."""
    names = [name for name, rule in shop.file.rules.items() if rule.include_backlog]
    because = "include backlog: whom it has mailed since the backup is not known"
    return tuple(name for name in names if stops.stop(connection, name, because, now=now))
