"""Settles messages: writes their final state and moves their enrolments on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Update, select
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from engine.message_states import ACCEPTED, State
from engine.messages.bulk_update import update_columns
from engine.messages.find_corrections import is_correction
from engine.tick.advance import DONE
from engine.tick_context import TickContext
from shop.db.upsert import IN_VALUES
from shop.tables import Enrolment, Message
from triggers.steps import following_place, next_action

CONTINUING_STATES = (ACCEPTED | {State.REHEARSED}) - {State.BOUNCED}


@dataclass(frozen=True)
class Settlement:
    """The final state of a message, with a reason."""

    message_id: str
    state: State
    reason: str | None = None


def settle_messages(
    connection: Connection,
    config: OwnerConfig,
    settlements: Sequence[Settlement],
    context: TickContext,
) -> None:
    """Writes the states of `settlements` and moves each enrolment to its next step, or ends it."""
    if not settlements:
        return
    shared_columns = {"settled_at": context.now, "tick_id": context.tick, "claimed_by": None}
    rows = [
        {"row": last.message_id, "state": last.state.value, "reason": last.reason} | shared_columns
        for last in settlements
    ]
    connection.execute(update_columns(Message, "state", "reason", *shared_columns), rows)
    by_message = {settlement.message_id: settlement for settlement in settlements}
    places = connection.execute(_places_query(), {"values": list(by_message)}).all()
    moves = [
        {"row": row.enrolment_id, "tick_id": context.tick}
        | _next_position(config, row.rule, row.step, by_message[row.id], context.now)
        for row in places
    ]
    if moves:
        connection.execute(_enrolment_update(), moves)


@cache
def _places_query() -> Select[Any]:
    """Without corrections: they move no enrolment."""
    return (
        select(col(Message.id), col(Message.rule), col(Message.enrolment_id), col(Enrolment.step))
        .join(Enrolment, col(Enrolment.id) == col(Message.enrolment_id))
        .where(col(Message.id).in_(IN_VALUES), ~is_correction())
    )


@cache
def _enrolment_update() -> Update:
    """An enrolment that ended meanwhile (cancelled, merged) stays ended."""
    query = update_columns(Enrolment, "step", "next_at", "ended", "tick_id")
    return query.where(col(Enrolment.ended).is_(None))


def _next_position(
    config: OwnerConfig, rule: str, place: str, settlement: Settlement, now: datetime
) -> dict[str, Any]:
    """A mail that was not sent ends its series: the next one would refer to it."""
    if settlement.state is State.IN_DOUBT:  # the series waits until the doubt is settled
        return {"step": place, "next_at": None, "ended": None}
    if settlement.state not in CONTINUING_STATES:
        return {"step": place, "next_at": None, "ended": settlement.reason}
    rule_config = config.rules.get(rule)
    position = (
        next_action(rule_config, following_place(rule_config, place), now) if rule_config else None
    )
    if position is None:
        return {"step": place, "next_at": None, "ended": DONE}
    return {"step": position[0], "next_at": position[1], "ended": None}
