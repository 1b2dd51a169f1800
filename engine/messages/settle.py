"""Settles messages: writes their final state and moves their enrolments on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Update, select
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from engine.message_states import ACCEPTED, State
from engine.messages.bulk_update import update_columns
from engine.messages.find_corrections import is_correction
from engine.messages.service_digest import with_parts
from engine.messages.settlement import Settlement
from engine.tick.advance import DONE, mail_steps_query
from engine.tick_context import TickContext
from shop.db.upsert import IN_VALUES
from shop.tables import Enrolment, Message
from triggers.series import SEND, Series
from triggers.stored_series import load_series

CONTINUING_STATES = (ACCEPTED | {State.REHEARSED}) - {State.BOUNCED}


def settle_messages(
    connection: Connection,
    config: OwnerConfig,
    settlements: Sequence[Settlement],
    context: TickContext,
) -> None:
    """Writes the states of `settlements` and moves each enrolment to its next step, or ends it.

    The parts of a digest end with it.
    """
    if not settlements:
        return
    settlements = with_parts(connection, settlements)
    _write_states(connection, settlements, context)
    by_message = {settlement.message_id: settlement for settlement in settlements}
    places = connection.execute(_places_query(), {"values": list(by_message)}).all()
    rules = {row.rule: config.rules[row.rule] for row in places if row.rule in config.rules}
    series = load_series(connection, rules) if rules else {}
    mails = _load_mails(connection, [row.enrolment_id for row in places])
    moves = [
        {"row": row.enrolment_id, "tick_id": context.tick}
        | _next_position(
            series.get(row.rule), mails[row.enrolment_id], row, by_message[row.id], context.now
        )
        for row in places
    ]
    if moves:
        connection.execute(_enrolment_update(), moves)


def _write_states(
    connection: Connection, settlements: Sequence[Settlement], context: TickContext
) -> None:
    """A message in doubt keeps its delivery: suspended, it can still say that it did not begin."""
    shared = {"settled_at": context.now, "tick_id": context.tick}
    for is_in_doubt, columns in ((True, shared), (False, shared | {"claimed_by": None})):
        rows = [
            {"row": last.message_id, "state": last.state.value, "reason": last.reason} | columns
            for last in settlements
            if (last.state is State.IN_DOUBT) == is_in_doubt
        ]
        if rows:
            connection.execute(update_columns(Message, "state", "reason", *columns), rows)


@cache
def _places_query() -> Select[Any]:
    """Without corrections: they move no enrolment."""
    columns: tuple[Any, ...] = (
        col(Enrolment.step),
        col(Enrolment.next_step),
        col(Message.step).label("mail"),
    )
    return (
        select(col(Message.id), col(Message.rule), col(Message.enrolment_id), *columns)
        .join(Enrolment, col(Enrolment.id) == col(Message.enrolment_id))
        .where(col(Message.id).in_(IN_VALUES), ~is_correction())
    )


def _load_mails(connection: Connection, enrolment_ids: Sequence[int]) -> dict[int, set[str]]:
    """By enrolment: the keys of the steps whose mails exist already."""
    keys: dict[int, set[str]] = defaultdict(set)
    if enrolment_ids:
        for enrolment_id, step in connection.execute(mail_steps_query(), {"values": enrolment_ids}):
            keys[enrolment_id].add(f"{SEND}{step}")
    return keys


@cache
def _enrolment_update() -> Update:
    """An enrolment that ended meanwhile (cancelled, merged) stays ended."""
    query = update_columns(Enrolment, "step", "next_step", "next_at", "ended", "tick_id")
    return query.where(col(Enrolment.ended).is_(None))


def _next_position(
    series: Series | None, mails: Collection[str], row: Any, settlement: Settlement, now: datetime
) -> dict[str, Any]:
    """A mail that was not sent ends its series: the next one would refer to it.

    Not so where the owner has taken its step out of the file: what follows then goes on.
    """
    stays = {"step": row.step, "next_step": row.next_step, "next_at": None}
    if settlement.state is State.IN_DOUBT:  # the series waits until the doubt is settled
        return stays | {"ended": None}
    place = series.place_of(f"{SEND}{row.mail}") if series else None
    if settlement.state not in CONTINUING_STATES and (place or not row.next_step):
        return stays | {"ended": settlement.reason}
    start = _following(series, row.next_step, place) if series else None
    rest = series.rest_from(start, mails) if series else None
    if series is None or rest is None:
        return stays | {"ended": DONE}
    next_place, waits = rest
    step = series.keys[next_place]
    return {"step": step, "next_step": None, "next_at": now + waits, "ended": None}


def _following(series: Series, next_step: str | None, place: str | None) -> str | None:
    """The place after a mail at `place`, or that of `next_step`, which an edit has put there."""
    if next_step and (next_place := series.place_of(next_step)):
        return next_place
    return series.following(place) if place else None
