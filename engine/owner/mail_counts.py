"""How many mails had which outcome in the last 24 hours, and how many wait or are in doubt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, literal_column, select
from sqlmodel import col

from engine.message_states import ACCEPTED, State
from engine.messages.in_doubt import IS_IN_DOUBT
from engine.owner.approvals import count_pending
from shop.tables import Message

DAY = timedelta(days=1)


@dataclass(frozen=True)
class MailCounts:
    """Mails of the last 24 hours by outcome; `waiting` and `in_doubt` are those of now."""

    sent: int = 0
    rehearsed: int = 0
    failed: int = 0
    waiting: int = 0
    in_doubt: int = 0


def load_mail_counts(connection: Connection, now: datetime) -> MailCounts:
    """Returns the counts at `now`."""
    # Grouped by an expression: SQLite would read all messages in the order of their states.
    state: Any = col(Message.state) + literal_column("''")
    query = (
        select(state, func.count())
        .where(col(Message.settled_at) > now - DAY, col(Message.settled_at) <= now)
        .group_by(state)
    )
    by_state = dict(connection.execute(query).tuples().all())
    in_doubt = select(func.count()).select_from(Message).where(IS_IN_DOUBT)
    return MailCounts(
        sent=sum(by_state.get(state.value, 0) for state in ACCEPTED),
        rehearsed=by_state.get(State.REHEARSED.value, 0),
        failed=by_state.get(State.FAILED.value, 0),
        waiting=sum(count_pending(connection).values()),
        in_doubt=connection.scalar(in_doubt) or 0,
    )
