"""Leases of messages while they are sent, and reclaiming those of ended deliveries."""

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
from shop.db.stops import is_stopped
from shop.db.upsert import STATEMENT_CACHE_SIZE
from shop.db.workers import is_reclaimable
from shop.tables import Message, SignUp

LEASE_DURATION = timedelta(minutes=10)  # by the machine's clock, not by --at
BATCH_SIZE = 200
IS_PENDING = col(Message.state).in_([State.QUEUED.value, State.DEFERRED.value])


@dataclass(frozen=True)
class CutOff:
    """A message whose sending was interrupted."""

    message_id: str
    lease_owner: str
    through: str  # the name of its sender


def lock_due_messages(
    connection: Connection, rules: Sequence[str], allowed: ColumnElement[bool], *, now: datetime
) -> list[str]:
    """Returns the ids of the next due messages and locks their rows.

    At most `BATCH_SIZE`, in the order of `rules`, then by age. `allowed` restricts them further.
    """
    parameters = {"now": now, "by_machine": datetime.now(UTC), "most": BATCH_SIZE}
    return list(connection.scalars(_due_query(tuple(rules), allowed), parameters))


@lru_cache(STATEMENT_CACHE_SIZE)
def _due_query(rules: tuple[str, ...], allowed: ColumnElement[bool]) -> Select[tuple[str]]:
    position = {name: position for position, name in enumerate(rules)} or {"": 0}
    order = case(position, value=col(Message.rule), else_=len(position))
    may_retry = or_(
        col(Message.retry_at).is_(None), col(Message.retry_at) <= bindparam("by_machine")
    )
    return (
        select(col(Message.id))
        .where(
            IS_PENDING, col(Message.due_at) <= bindparam("now"), ~is_stopped(), allowed, may_retry
        )
        .order_by(order, col(Message.created_at), col(Message.id))
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
    )


def lease_expiry() -> datetime:
    """Returns until when a delivery on another machine is assumed to be alive."""
    return datetime.now(UTC) + LEASE_DURATION


def find_abandoned(connection: Connection, mail: type[Message | SignUp] = Message) -> list[CutOff]:
    """Returns the messages that an ended delivery left in `sending`, with their rows locked."""
    rows = connection.execute(_sending_query(mail)).all()
    # One answer per owner: it has all of its messages, or none.
    latest = {row.claimed_by: row.claimed_until for row in rows}
    dead_owners = {
        lease_owner
        for lease_owner, until in latest.items()
        if not (lease_owner and until) or is_reclaimable(lease_owner, until)
    }
    return [
        CutOff(row.id, row.claimed_by or "", row.through or "")
        for row in rows
        if row.claimed_by in dead_owners
    ]


@cache
def _sending_query(mail: type[Message | SignUp]) -> Select[Any]:
    """Rows locked by a concurrent reclaim are left out."""
    columns = (col(mail.id), col(mail.through), col(mail.claimed_by), col(mail.claimed_until))
    query = select(*columns).where(col(mail.state) == State.SENDING.value)
    return query.with_for_update(skip_locked=True)


def release_messages(connection: Connection, message_ids: Sequence[str]) -> None:
    """Puts `message_ids` back into the queue."""
    if message_ids:
        connection.execute(_release_update(), {"ids": message_ids})


@cache
def _release_update() -> Update:
    columns = {
        "state": State.QUEUED.value,
        "claimed_by": None,
        "claimed_until": None,
        "through": None,
    }
    in_batch = col(Message.id).in_(bindparam("ids", expanding=True))
    return update(Message).where(in_batch).values(**columns)
