"""From rehearsal to live: what was rehearsed and is still in time waits for the owner's word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
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
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from engine.config.owner_config import OwnersFile
from engine.message_states import ACCEPTED, State
from engine.messages.approval_limit import HELD
from engine.messages.bulk_update import changing
from engine.messages.leases import BATCH
from engine.tick.advance import DONE, approve_until
from engine.tick_context import Turn
from shop.tables import Enrolment, Message
from triggers.config import Send
from triggers.durations import lateness
from triggers.steps import mail_key, sends

REHEARSED = col(Message.state) == State.REHEARSED.value
Steps = dict[tuple[str, str], tuple[str, Send]]


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
    in_time = len(connection.execute(_again(), _asked(file, _steps(file), now)).all())
    if not in_time and connection.scalar(_begun()):
        return None
    many = connection.scalar(_all_rehearsed()) or 0
    return Rehearsed(many, in_time) if many else None


def hold_rehearsed(connection: Connection, file: OwnersFile, turn: Turn) -> None:
    """Nothing floods: each of them waits for a word, and its series goes on from there."""
    if not file.sending.is_live:
        return
    steps = _steps(file)
    found = connection.execute(_again_locked(), _asked(file, steps, turn.now)).all()
    for start in range(0, len(found), BATCH):
        _hold(connection, found[start : start + BATCH], steps, turn)


@cache
def _begun() -> Select[tuple[bool]]:
    """A mail went, or one that was rehearsed waits for its word."""
    went = col(Message.state).in_([state.value for state in ACCEPTED])
    return select(exists().where(or_(went, HELD)))


@cache
def _all_rehearsed() -> Select[tuple[int]]:
    return select(func.count()).select_from(Message).where(REHEARSED)


@cache
def _again_locked() -> Select[Any]:
    """What another delivery has in hand at this moment is not held behind its back."""
    return _again().with_for_update(of=Message, skip_locked=True)


@cache
def _again() -> Select[Any]:
    """The last mail of each series that goes on, or came to its end by itself."""
    columns = (col(Message.id), col(Message.rule), col(Message.step), col(Message.enrolment_id))
    return (
        select(*columns)
        .join(Enrolment, col(Enrolment.id) == col(Message.enrolment_id))
        .where(
            REHEARSED,
            tuple_(col(Message.rule), col(Message.step)).in_(bindparam("steps", expanding=True)),
            col(Message.due_at) >= bindparam("due_since"),  # for the index
            col(Message.deadline) >= bindparam("now"),
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


def _asked(file: OwnersFile, steps: Steps, now: datetime) -> dict[str, Any]:
    latest = max((lateness(rule) for rule in file.rules.values()), default=timedelta(0))
    return {"steps": list(steps), "due_since": now - latest, "now": now}


def _steps(file: OwnersFile) -> Steps:
    """Each mail of the file, and where it stands in its rule."""
    return {
        (name, mail_key(rule, place)): (place, step)
        for name, rule in file.rules.items()
        for place, step in sends(rule)
    }


def _hold(connection: Connection, found: Sequence[Any], steps: Steps, turn: Turn) -> None:
    waits = {
        "state": State.AWAITING_APPROVAL.value, "approve_first": True, "through": None,
        "settled_at": None, "reason": None, "tick_id": turn.tick,
    }  # fmt: skip
    rests = {"next_at": None, "ended": None, "tick_id": turn.tick}
    mails, series = [], []
    for row in found:
        place, step = steps[row.rule, row.step]
        mails.append({"row": row.id, "approve_until": approve_until(step, turn.now)} | waits)
        series.append({"row": row.enrolment_id, "step": place} | rests)
    connection.execute(changing(Message, "approve_until", *waits), mails)
    connection.execute(changing(Enrolment, "step", *rests), series)
