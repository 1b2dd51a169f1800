"""What became of messages, written down together with where their enrolments go from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Update, select
from sqlmodel import col

from engine.config.owner_config import OwnersFile
from engine.message_states import ACCEPTED, State
from engine.messages.bulk_update import changing
from engine.messages.find_corrections import is_correction
from engine.tick.advance import DONE
from engine.tick_context import Turn
from shop.db.upsert import SOME
from shop.tables import Enrolment, Message
from triggers.steps import following, onward

WENT = (ACCEPTED | {State.REHEARSED}) - {State.BOUNCED}


@dataclass(frozen=True)
class Settled:
    """A message's last word; `basis` and `to_address` stay as they were where not given."""

    message_id: str
    state: State
    reason: str | None = None


def settle(
    connection: Connection, file: OwnersFile, settled: Sequence[Settled], turn: Turn
) -> None:
    """Write final states, and move each enrolment on or end it."""
    if not settled:
        return
    connection.execute(
        changing(Message, "state", "reason", "settled_at", "tick_id", "claimed_by"),
        [
            {"row": one.message_id, "state": one.state.value, "reason": one.reason,
             "settled_at": turn.now, "tick_id": turn.tick, "claimed_by": None}
            for one in settled
        ],
    )  # fmt: skip
    by_message = {one.message_id: one for one in settled}
    found = connection.execute(_places(), {"some": list(by_message)}).all()
    moves = [
        {"row": row.enrolment_id, "tick_id": turn.tick}
        | _onward(file, row.rule, row.step, by_message[row.id], turn.now)
        for row in found
    ]
    if moves:
        connection.execute(_moving(), moves)


@cache
def _places() -> Select[Any]:
    """A correction moves nobody's series: what it is about went long ago."""
    return (
        select(col(Message.id), col(Message.rule), col(Message.enrolment_id), col(Enrolment.step))
        .join(Enrolment, col(Enrolment.id) == col(Message.enrolment_id))
        .where(col(Message.id).in_(SOME), ~is_correction())
    )


@cache
def _moving() -> Update:
    """What was ended meanwhile, by a cancel or by its customer's parting, is not begun again."""
    moving = changing(Enrolment, "step", "next_at", "ended", "tick_id")
    return moving.where(col(Enrolment.ended).is_(None))


def _onward(
    file: OwnersFile, rule: str, place: str, settled: Settled, now: datetime
) -> dict[str, Any]:
    """A mail that did not go ends the series: what would follow answers a mail nobody got."""
    if settled.state is State.IN_DOUBT:  # nothing follows it before somebody knows
        return {"step": place, "next_at": None, "ended": None}
    if settled.state not in WENT:
        return {"step": place, "next_at": None, "ended": settled.reason}
    known = file.rules.get(rule)
    found = onward(known, following(known, place), now) if known else None
    if found is None:
        return {"step": place, "next_at": None, "ended": DONE}
    return {"step": found[0], "next_at": found[1], "ended": None}
