"""Ends enrolments of customers who were merged or split; their history is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Update, bindparam, func, update
from sqlmodel import col

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
    rows = [{"enrolment": enrolment_id, "new_key": key} for enrolment_id, key in enrolments]
    connection.execute(_end_query(reason), rows)
    connection.execute(_rename_query(), rows)
    enrolment_ids = [enrolment_id for enrolment_id, _ in enrolments]
    connection.execute(
        update(Message)
        .where(col(Message.enrolment_id).in_(enrolment_ids), col(Message.state).in_(PENDING_STATES))
        .values(state="skipped", reason=reason, settled_at=now)
    )


def _end_query(reason: str) -> Update:
    table = table_of(Enrolment)
    ended = {"next_at": None, "ended": func.coalesce(table.c.ended, reason)}
    is_enrolment = table.c.id == bindparam("enrolment")
    return update(table).where(is_enrolment).values(occasion=bindparam("new_key"), **ended)


def _rename_query() -> Update:
    table = table_of(Message)
    of_enrolment = table.c.enrolment_id == bindparam("enrolment")
    return update(table).where(of_enrolment).values(occasion=bindparam("new_key"))
