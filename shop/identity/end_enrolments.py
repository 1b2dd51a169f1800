"""Ends enrolments of customers who were merged or split; their history is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, update

from shop.db.upsert import table_of
from shop.tables import Enrolment, Message

IN_FLIGHT_STATES = ("sending", "in doubt")
PENDING_STATES = ("waiting", "awaiting approval", "queued", "deferred")


def end_enrolments(
    connection: Connection, enrolments: Sequence[tuple[int, str]], reason: str, now: datetime
) -> None:
    """Ends `enrolments`, pairs of an id and a new occasion key, and skips their unsent mails."""
    if not enrolments:
        return
    rows = [{"one": enrolment_id, "as": occasion} for enrolment_id, occasion in enrolments]
    enrolment_table, messages = table_of(Enrolment), table_of(Message)
    connection.execute(
        update(enrolment_table)
        .where(enrolment_table.c.id == bindparam("one"))
        .values(
            occasion=bindparam("as"),
            next_at=None,
            ended=func.coalesce(enrolment_table.c.ended, reason),
        ),
        rows,
    )
    connection.execute(
        update(messages)
        .where(messages.c.enrolment_id == bindparam("one"))
        .values(occasion=bindparam("as")),
        rows,
    )
    of_enrolments = messages.c.enrolment_id.in_([enrolment_id for enrolment_id, _ in enrolments])
    connection.execute(
        update(messages)
        .where(of_enrolments, messages.c.state.in_(PENDING_STATES))
        .values(state="skipped", reason=reason, settled_at=now)
    )
