"""Whose hands a message is in: leases, and taking over from the dead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, case, or_, select, update
from sqlmodel import col

from engine.states import State
from shop.tables import Message
from shop.worker import is_dead, this_worker

LEASE = timedelta(minutes=10)  # by the machine's clock, never by --at
BATCH = 200
UNDER_WAY = (State.CLAIMED.value, State.SENDING.value)


def claim(connection: Connection, rules: Sequence[str], *, now: datetime) -> list[str]:
    """Take the next messages that are due; the rule higher in the file goes first."""
    order = case(
        {name: place for place, name in enumerate(rules)}, value=col(Message.rule), else_=len(rules)
    ) if rules else col(Message.rule)  # fmt: skip
    due = (
        select(col(Message.id))
        .where(
            col(Message.state).in_([State.QUEUED.value, State.DEFERRED.value]),
            col(Message.due_at) <= now,
        )
        .order_by(order, col(Message.created_at), col(Message.id))
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    ids = list(connection.scalars(due))
    until = datetime.now(UTC) + LEASE
    taken = {"state": State.CLAIMED.value, "claimed_by": this_worker(), "claimed_until": until}
    connection.execute(update(Message).where(col(Message.id).in_(ids)).values(**taken))
    return ids


def abandoned(connection: Connection) -> list[tuple[str, str]]:
    """Messages, with their state, that a worker held who is dead or out of time."""
    held = connection.execute(
        select(col(Message.claimed_by), col(Message.claimed_until))
        .where(col(Message.state).in_(UNDER_WAY))
        .distinct()
    ).all()
    gone = [worker for worker, until in held if _gone(worker, until)]
    theirs = select(col(Message.id), col(Message.state)).where(
        col(Message.state).in_(UNDER_WAY),
        or_(col(Message.claimed_by).in_(gone), col(Message.claimed_by).is_(None)),
    )
    return [(message, state) for message, state in connection.execute(theirs)]


def _gone(worker: str | None, until: datetime | None) -> bool:
    """One delivery runs at a time, so what this very process still holds is left over too."""
    out_of_time = until is None or until <= datetime.now(UTC)
    return worker is None or worker == this_worker() or is_dead(worker) or out_of_time


def release(connection: Connection, ids: Sequence[str]) -> None:
    """Back into the queue."""
    freed = {"state": State.QUEUED.value, "claimed_by": None, "claimed_until": None}
    connection.execute(update(Message).where(col(Message.id).in_(ids)).values(**freed))
