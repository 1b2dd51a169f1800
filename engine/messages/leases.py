"""Whose hands a message is in while it is being sent, and taking over from the dead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Update,
    bindparam,
    case,
    or_,
    select,
    update,
)
from sqlmodel import col

from engine.message_states import State
from shop.db.stops import stopped
from shop.db.upsert import REMEMBERED
from shop.db.workers import is_gone
from shop.tables import Message, SignUp

LEASE = timedelta(minutes=10)  # by the machine's clock, never by --at
BATCH = 200
NOT_YET = col(Message.state).in_([State.QUEUED.value, State.DEFERRED.value])


@dataclass(frozen=True)
class CutOff:
    """A message that was under way when its delivery stopped."""

    message_id: str
    holder: str
    through: str  # the sender it was given to


def take(
    connection: Connection, rules: Sequence[str], allowed: ColumnElement[bool], *, now: datetime
) -> list[str]:
    """The next messages that are due, locked; the rule higher in the file goes first."""
    given = {"now": now, "by_machine": datetime.now(UTC), "most": BATCH}
    return list(connection.scalars(_due(tuple(rules), allowed), given))


@lru_cache(REMEMBERED)
def _due(rules: tuple[str, ...], allowed: ColumnElement[bool]) -> Select[tuple[str]]:
    place = {name: place for place, name in enumerate(rules)} or {"": 0}
    order = case(place, value=col(Message.rule), else_=len(place))
    again = or_(col(Message.retry_at).is_(None), col(Message.retry_at) <= bindparam("by_machine"))
    return (
        select(col(Message.id))
        .where(NOT_YET, col(Message.due_at) <= bindparam("now"), ~stopped(), allowed, again)
        .order_by(order, col(Message.created_at), col(Message.id))
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
    )


def lease() -> datetime:
    """Until when a delivery on another machine is believed to live."""
    return datetime.now(UTC) + LEASE


def abandoned(connection: Connection, mail: type[Message | SignUp] = Message) -> list[CutOff]:
    """What was being sent by a delivery that is no more."""
    rows = connection.execute(_under_way(mail)).all()
    # Asked once for each: who dies while we ask is gone with all it held, or with none of it.
    latest = {row.claimed_by: row.claimed_until for row in rows}
    gone = {by for by, until in latest.items() if not (by and until) or is_gone(by, until)}
    return [
        CutOff(row.id, row.claimed_by or "", row.through or "")
        for row in rows
        if row.claimed_by in gone
    ]


@cache
def _under_way(mail: type[Message | SignUp]) -> Select[Any]:
    """Two that take over at once share no message."""
    columns = (col(mail.id), col(mail.through), col(mail.claimed_by), col(mail.claimed_until))
    under_way = select(*columns).where(col(mail.state) == State.SENDING.value)
    return under_way.with_for_update(skip_locked=True)


def release(connection: Connection, ids: Sequence[str]) -> None:
    """Back into the queue."""
    if ids:
        connection.execute(_freeing(), {"ids": ids})


@cache
def _freeing() -> Update:
    freed = {
        "state": State.QUEUED.value,
        "claimed_by": None,
        "claimed_until": None,
        "through": None,
    }
    theirs = col(Message.id).in_(bindparam("ids", expanding=True))
    return update(Message).where(theirs).values(**freed)
