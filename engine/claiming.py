"""Whose hands a message is in while it is being sent, and taking over from the dead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, or_, select, update
from sqlmodel import col

from engine.states import State
from shop.stops import stopped
from shop.tables import Message
from shop.worker import is_gone

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
    place = {name: place for place, name in enumerate(rules)} or {"": 0}
    order = case(place, value=col(Message.rule), else_=len(place))
    due = (
        select(col(Message.id))
        .where(
            NOT_YET,
            col(Message.due_at) <= now,
            ~stopped(),
            allowed,
            or_(col(Message.retry_at).is_(None), col(Message.retry_at) <= datetime.now(UTC)),
        )
        .order_by(order, col(Message.created_at), col(Message.id))
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    return list(connection.scalars(due))


def lease() -> datetime:
    """Until when a delivery on another machine is believed to live."""
    return datetime.now(UTC) + LEASE


def abandoned(connection: Connection) -> list[CutOff]:
    """Messages that were being sent by a delivery that is no more."""
    under_way = (
        select(
            col(Message.id),
            col(Message.through),
            col(Message.claimed_by),
            col(Message.claimed_until),
        )
        .where(col(Message.state) == State.SENDING.value)
        .with_for_update(skip_locked=True)  # two that take over at once share no message
    )
    return of_the_dead(connection.execute(under_way).all())


def of_the_dead(rows: Sequence[Row[Any]]) -> list[CutOff]:
    """Of what is under way, what was in hands that are no more."""
    # Asked once for each: who dies while we ask is gone with all it held, or with none of it.
    latest = {row.claimed_by: row.claimed_until for row in rows}
    gone = {by for by, until in latest.items() if not (by and until) or is_gone(by, until)}
    return [
        CutOff(row.id, row.claimed_by or "", row.through or "")
        for row in rows
        if row.claimed_by in gone
    ]


def release(connection: Connection, ids: Sequence[str]) -> None:
    """Back into the queue."""
    freed = {
        "state": State.QUEUED.value,
        "claimed_by": None,
        "claimed_until": None,
        "through": None,
    }
    connection.execute(update(Message).where(col(Message.id).in_(ids)).values(**freed))
