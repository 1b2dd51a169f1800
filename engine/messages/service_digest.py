"""Service mails to one customer that go as one mail, a digest.

One of them carries it: the digest is sent and reported under its id. The others wait in the state
`in a digest` with that id, end in whatever state the carrying message ends in, and return to the
queue with it. So a delivery, a journal and a lease know one mail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Update,
    and_,
    bindparam,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from engine.message_states import ACCEPTED, State
from engine.messages.bulk_update import update_columns
from engine.messages.find_corrections import is_correction
from engine.messages.settlement import Settlement
from mail.gate.reasons import Reason
from shop.db.stops import is_stopped
from shop.db.upsert import IN_VALUES
from shop.tables import Message
from shop.types.purpose import Purpose

IS_SERVICE = and_(col(Message.purpose) == Purpose.SERVICE.value, ~is_correction())
IS_PART = col(Message.state) == State.IN_DIGEST.value


def lock_companions(
    connection: Connection,
    message_ids: Sequence[str],
    is_queued: ColumnElement[bool],
    moments: Mapping[str, datetime],
) -> list[str]:
    """Returns the ids of other service messages to the customers of service messages among
    `message_ids`, and locks their rows: those that are due, and those that the limit delays.

    `is_queued`, the same object each time, says which messages may be sent. `moments` are the
    values of `now` and of the parameters of `is_queued`.
    """
    query = _companions_query(is_queued)
    return list(connection.scalars(query, {"values": message_ids, **moments}))


@cache
def _companions_query(is_queued: ColumnElement[bool]) -> Select[tuple[str]]:
    leased = aliased(Message)
    customers = select(col(leased.customer_id)).where(
        col(leased.id).in_(IN_VALUES), col(leased.purpose) == Purpose.SERVICE.value
    )
    is_ready = or_(col(Message.due_at) <= bindparam("now"), col(Message.reason) == Reason.CAP.value)
    return (
        select(col(Message.id))
        .where(
            col(Message.customer_id).in_(customers),
            is_queued, IS_SERVICE, is_ready, ~is_stopped(), col(Message.id).not_in(IN_VALUES),
        )
        .order_by(col(Message.due_at), col(Message.created_at), col(Message.id))
        .with_for_update(skip_locked=True)
    )  # fmt: skip


def mark_parts(
    connection: Connection,
    mails: Sequence[Mapping[str, Any]],
    parts: Mapping[str, Sequence[str]],
    evidence: Mapping[str, str],
) -> None:
    """Stores which messages go with others.

    `mails` are rows of the messages that are sent, `parts` says by their ids which go with them,
    and `evidence` by message id on which basis.
    """
    rows = [
        {name: mail[name] for name in ("to_address", "through", "settled_at")}
        | {"row": part, "digest_id": mail["row"], "basis": evidence[part]}
        | {"state": State.IN_DIGEST.value, "reason": None}
        for mail in mails
        for part in parts.get(mail["row"], ())
    ]
    if rows:
        columns = [name for name in rows[0] if name != "row"]
        connection.execute(update_columns(Message, *columns), rows)


def with_parts(connection: Connection, settlements: Sequence[Settlement]) -> list[Settlement]:
    """Returns `settlements`, and the same for the parts of the digests among them.

    While it is in doubt whether a digest was sent, its parts wait.
    """
    final = {s.message_id: s for s in settlements if s.state is not State.IN_DOUBT}
    parts = parts_of(connection, list(final))
    return [
        *settlements, *(replace(final[digest], message_id=part) for part, digest in parts)
    ]  # fmt: skip


def parts_of(connection: Connection, digest_ids: Sequence[str]) -> list[tuple[str, str]]:
    """Returns the parts of the digests that are being sent, each with the id of its digest."""
    if not digest_ids:
        return []
    rows = connection.execute(_parts_query(), {"values": digest_ids})
    return [(part, digest_id) for part, digest_id in rows if digest_id]


@cache
def _parts_query() -> Select[tuple[str, str | None]]:
    columns = select(col(Message.id), col(Message.digest_id))
    return columns.where(col(Message.digest_id).in_(IN_VALUES), IS_PART).order_by(col(Message.id))


def went_with(connection: Connection, digest_ids: Sequence[str]) -> list[tuple[str, str]]:
    """Returns the messages that have gone as parts of digests, each with the id of its digest."""
    if not digest_ids:
        return []
    rows = connection.execute(_went_with_query(), {"values": digest_ids})
    return [(part, digest_id) for part, digest_id in rows if digest_id]


@cache
def _went_with_query() -> Select[tuple[str, str | None]]:
    has_gone = col(Message.state).in_([state.value for state in ACCEPTED | {State.FAILED}])
    columns = select(col(Message.id), col(Message.digest_id))
    return columns.where(col(Message.digest_id).in_(IN_VALUES), has_gone).order_by(col(Message.id))


def release_parts(connection: Connection, message_ids: Sequence[str]) -> None:
    """Puts the parts of the digests `message_ids` back into the queue, each on its own."""
    if message_ids:
        connection.execute(_release_parts_update(), {"values": message_ids})


@cache
def _release_parts_update() -> Update:
    columns = {"state": State.QUEUED.value, "digest_id": None, "through": None}
    return update(Message).where(col(Message.digest_id).in_(IN_VALUES), IS_PART).values(**columns)
