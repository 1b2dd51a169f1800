"""Detects a copied shop: its database is not where the shop lives. A live copy must not send."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine, update
from sqlmodel import col

from engine.message_states import State
from mail.gate.reasons import Reason
from shop.db import location, stops
from shop.db.engine import read_transaction, write_transaction
from shop.tables import Message, SignUp


def detect_copy(engine: Engine, *, reaches_people: bool, now: datetime) -> None:
    """Holds all mail if the database was copied and the shop `reaches_people`.

    Records the location of a shop that has none. A rehearsing copy is left alone until it goes
    live.
    """
    current_place = location.location_of(engine)
    if current_place is None:
        return
    with read_transaction(engine) as connection:
        recorded_place = location.stored_location(connection)
    if recorded_place is None:
        with write_transaction(engine) as connection:
            location.store_location(connection, current_place, now=now)
    elif recorded_place.key != current_place.key and reaches_people:
        _hold_detected_copy(engine, recorded_place, current_place, now)


def hold_copy(connection: Connection, reason: str, *, now: datetime) -> None:
    """Holds all mail with a `reason`; mails in `sending` become in doubt, for only the original
    knows.
    """
    if stops.hold_copy_mail(connection, reason, now=now):
        _put_in_doubt(connection)


def _put_in_doubt(connection: Connection) -> None:
    columns = {"state": State.IN_DOUBT.value, "reason": str(Reason.IN_DOUBT), "claimed_by": None}
    for model in (Message, SignUp):
        query = update(model).where(col(model.state) == State.SENDING.value)
        connection.execute(query.values(**columns))


def _hold_detected_copy(
    engine: Engine,
    recorded_place: location.Location,
    current_place: location.Location,
    now: datetime,
) -> None:
    with read_transaction(engine) as connection:
        if stops.copy_hold_reason(connection):
            return
    origin = (
        "on another machine"
        if recorded_place.description == current_place.description
        else f"at {recorded_place.description}"
    )
    with write_transaction(engine) as connection:
        hold_copy(connection, f"a copy of the shop that lived {origin}", now=now)
