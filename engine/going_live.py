"""From rehearsal to live: what was rehearsed and is still in time waits for the owner's word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from engine.advance import DONE, approve_until
from engine.asking import HELD
from engine.claiming import BATCH
from engine.owners_file import OwnersFile
from engine.states import ACCEPTED, State
from engine.turn import Turn
from shop.tables import Enrolment, Message
from shop.times import Moment
from shop.writing import table_of
from triggers.lengths import lateness
from triggers.steps import mail_key, sends
from triggers.words import Send

REHEARSED = col(Message.state) == State.REHEARSED.value


@dataclass(frozen=True)
class Rehearsed:
    """Mails that were written into the folder: how many, and how many are not too late yet."""

    all: int
    in_time: int

    def __str__(self) -> str:
        many = "1 mail was" if self.all == 1 else f"{self.all:,} mails were"
        then = (
            f"{self.in_time:,} of them could still go, and will wait for your word:"
            " regulars waiting"
            if self.in_time
            else "None of them goes any more: it is too late for them."
        )
        return f"This shop sends for real now. Until now {many} rehearsed. {then}"


def rehearsed(connection: Connection, file: OwnersFile, *, now: datetime) -> Rehearsed | None:
    """What a shop that goes live now rehearsed before; None where that is no news any more."""
    if not file.sending.is_live:
        return None
    in_time = len(connection.execute(_again(file, now)).all())
    if not in_time and _has_begun(connection):
        return None
    many = connection.scalar(select(func.count()).select_from(Message).where(REHEARSED)) or 0
    return Rehearsed(many, in_time) if many else None


def hold_rehearsed(connection: Connection, file: OwnersFile, turn: Turn) -> None:
    """Nothing floods: each of them waits for a word, and its series goes on from there."""
    if not file.sending.is_live:
        return
    # Locked: what another delivery has in hand at this moment is not held behind its back.
    found = connection.execute(_again(file, turn.now).with_for_update(of=Message, skip_locked=True))
    steps = _steps(file)
    rows = [_resting(row, *steps[row.rule, row.step], turn.now) for row in found]
    for start in range(0, len(rows), BATCH):
        _hold(connection, rows[start : start + BATCH], turn)


def _has_begun(connection: Connection) -> bool:
    """A mail went, or one that was rehearsed waits for its word."""
    begun = col(Message.state).in_([state.value for state in ACCEPTED])
    return bool(connection.scalar(select(exists().where(or_(begun, HELD)))))


def _again(file: OwnersFile, now: datetime) -> Select[Any]:
    """The last mail of each series that goes on, or came to its end by itself."""
    latest = max((lateness(rule) for rule in file.rules.values()), default=timedelta(0))
    columns = (col(Message.id), col(Message.rule), col(Message.step), col(Message.enrolment_id))
    return (
        select(*columns)
        .join(Enrolment, col(Enrolment.id) == col(Message.enrolment_id))
        .where(
            REHEARSED,
            tuple_(col(Message.rule), col(Message.step)).in_(list(_steps(file))),
            col(Message.due_at) >= now - latest,  # for the index
            col(Message.deadline) >= now,
            or_(col(Enrolment.ended).is_(None), col(Enrolment.ended) == DONE),
            ~_followed(),
        )
        .order_by(col(Message.created_at), col(Message.id))
    )


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


def _steps(file: OwnersFile) -> dict[tuple[str, str], tuple[str, Send]]:
    """Each mail of the file, and where it stands in its rule."""
    return {
        (name, mail_key(rule, place)): (place, step)
        for name, rule in file.rules.items()
        for place, step in sends(rule)
    }


def _resting(row: Any, place: str, step: Send, now: datetime) -> dict[str, Any]:
    until = approve_until(step, now)
    return {"message": row.id, "enrolment": row.enrolment_id, "place": place, "until": until}


def _hold(connection: Connection, rows: Sequence[dict[str, Any]], turn: Turn) -> None:
    messages, enrolments = table_of(Message), table_of(Enrolment)
    waits: dict[str, Any] = {
        "state": State.AWAITING_APPROVAL.value, "approve_first": True, "through": None,
        "approve_until": bindparam("until", type_=Moment),
        "settled_at": None, "reason": None, "tick_id": turn.tick,
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
