"""Whose hands a message is in while it is being sent, and taking over from the dead."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, case, or_, select, update
from sqlmodel import col

from engine.states import State
from shop.stops import stopped
from shop.tables import Message
from shop.worker import is_dead, is_elsewhere, this_worker

LEASE = timedelta(minutes=10)  # by the machine's clock, never by --at
BATCH = 200
NOT_YET = col(Message.state).in_([State.QUEUED.value, State.DEFERRED.value])
AT_WORK: set[str] = set()  # the deliveries of this process


@dataclass(frozen=True)
class CutOff:
    """A message that was under way when its delivery stopped."""

    message_id: str
    holder: str
    through: str  # the sender it was given to


@contextmanager
def hands() -> Iterator[str]:
    """A name for one delivery: this process, and which of its deliveries."""
    ours = f"{secrets.token_hex(4)}@{this_worker()}"
    AT_WORK.add(ours)
    try:
        yield ours
    finally:
        AT_WORK.discard(ours)


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
    rows = connection.execute(under_way).all()
    # Asked once for each: who dies while we ask is gone with all it held, or with none of it.
    latest = {row.claimed_by: row.claimed_until for row in rows}
    gone = {by for by, until in latest.items() if is_gone(by, until)}
    return [
        CutOff(row.id, row.claimed_by or "", row.through or "")
        for row in rows
        if row.claimed_by in gone
    ]


def is_gone(by: str | None, until: datetime | None) -> bool:
    """Who lives on this machine keeps what it holds, however long it takes."""
    if by is None or until is None:
        return True
    worker = by.partition("@")[2]
    if worker == this_worker():
        return by not in AT_WORK
    return is_dead(worker) or (is_elsewhere(worker) and until <= datetime.now(UTC))


def release(connection: Connection, ids: Sequence[str]) -> None:
    """Back into the queue."""
    freed = {
        "state": State.QUEUED.value,
        "claimed_by": None,
        "claimed_until": None,
        "through": None,
    }
    connection.execute(update(Message).where(col(Message.id).in_(ids)).values(**freed))
