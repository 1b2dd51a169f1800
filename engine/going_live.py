"""From rehearsal to live: what was rehearsed and is still in time waits for the owner's word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, exists, func, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from engine.advance import DONE
from engine.claiming import BATCH
from engine.owners_file import OwnersFile
from engine.states import ACCEPTED, State
from engine.turn import Turn
from shop.tables import Enrolment, Message
from shop.writing import table_of
from triggers.lengths import lateness
from triggers.steps import mail_key, sends

REHEARSED = col(Message.state) == State.REHEARSED.value


@dataclass(frozen=True)
class Rehearsed:
    """Mails that were written into the folder: how many, and how many are not too late yet."""

    all: int
    in_time: int


def rehearsed(connection: Connection, file: OwnersFile, *, now: datetime) -> Rehearsed | None:
    """What a shop that goes live now rehearsed before; None where that is no news any more."""
    if not file.sending.is_live:
        return None
    in_time = len(_again(connection, file, now))
    if not in_time and _has_sent(connection):
        return None
    many = connection.scalar(select(func.count()).select_from(Message).where(REHEARSED)) or 0
    return Rehearsed(many, in_time) if many else None


def hold_rehearsed(connection: Connection, file: OwnersFile, turn: Turn) -> None:
    """Nothing floods: each of them waits for a word, and its series goes on from there."""
    if not file.sending.is_live:
        return
    found = _again(connection, file, turn.now)
    for start in range(0, len(found), BATCH):
        _hold(connection, found[start : start + BATCH], turn)


def _has_sent(connection: Connection) -> bool:
    accepted = col(Message.state).in_([state.value for state in ACCEPTED])
    return bool(connection.scalar(select(exists().where(accepted))))


def _again(connection: Connection, file: OwnersFile, now: datetime) -> Sequence[dict[str, Any]]:
    """The last mail of each series that goes on, or came to its end by itself."""
    places = _places(file)
    latest = max((lateness(rule) for rule in file.rules.values()), default=timedelta(0))
    columns = (col(Message.id), col(Message.rule), col(Message.step), col(Message.enrolment_id))
    found = connection.execute(
        select(*columns)
        .join(Enrolment, col(Enrolment.id) == col(Message.enrolment_id))
        .where(
            REHEARSED,
            col(Message.due_at) >= now - latest,  # for the index
            col(Message.deadline) >= now,
            or_(col(Enrolment.ended).is_(None), col(Enrolment.ended) == DONE),
            ~_followed(),
        )
        .order_by(col(Message.created_at), col(Message.id))
    )
    return [
        {"message": row.id, "enrolment": row.enrolment_id, "place": place}
        for row in found
        if (place := places.get((row.rule, row.step)))
    ]


def _followed() -> ColumnElement[bool]:
    """Sent again, it would come after its own answer."""
    later = aliased(Message)
    return (
        select(col(later.id))
        .where(
            col(later.enrolment_id) == col(Message.enrolment_id),
            col(later.id) != col(Message.id),
            col(later.created_at) >= col(Message.created_at),
        )
        .exists()
    )


def _places(file: OwnersFile) -> dict[tuple[str, str], str]:
    """Where each mail of the file stands in its rule."""
    return {
        (name, mail_key(rule, place)): place
        for name, rule in file.rules.items()
        for place, _ in sends(rule)
    }


def _hold(connection: Connection, rows: Sequence[dict[str, Any]], turn: Turn) -> None:
    messages, enrolments = table_of(Message), table_of(Enrolment)
    waits = {
        "state": State.AWAITING_APPROVAL.value, "approve_first": True, "approve_until": None,
        "through": None, "settled_at": None, "reason": None, "tick_id": turn.tick,
    }  # fmt: skip
    connection.execute(
        update(messages).where(messages.c.id == bindparam("message")).values(**waits), rows
    )
    rests: dict[str, Any] = {
        "step": bindparam("place"),
        "next_at": None,
        "ended": None,
        "tick_id": turn.tick,
    }
    connection.execute(
        update(enrolments).where(enrolments.c.id == bindparam("enrolment")).values(**rests), rows
    )
