"""Whether a shop that is opened is where it lived; if not, none of its mail goes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine, update
from sqlmodel import col

from engine.message_states import State
from mail.gate.reasons import Reason
from shop.db import location, stops
from shop.db.engine import reading, writing
from shop.tables import Message, SignUp


def recognise(engine: Engine, *, reaches_people: bool, now: datetime) -> None:
    """A copy that only rehearses goes on rehearsing; it is stopped before its first real mail."""
    here = location.place_of(engine)
    if here is None:
        return
    with reading(engine) as connection:
        known = location.lives_at(connection)
    if known is None:
        with writing(engine) as connection:
            location.settle_at(connection, here, now=now)
    elif known.key != here.key and reaches_people:
        _fall_asleep(engine, known, here, now)


def hold(connection: Connection, because: str, *, now: datetime) -> None:
    """All mail; and what was being sent when the copy was made, only the other one knows of."""
    if stops.hold_copy(connection, because, now=now):
        _put_in_doubt(connection)


def _put_in_doubt(connection: Connection) -> None:
    doubt = {"state": State.IN_DOUBT.value, "reason": str(Reason.MAY_HAVE_GONE), "claimed_by": None}
    for mail in (Message, SignUp):
        under_way = update(mail).where(col(mail.state) == State.SENDING.value)
        connection.execute(under_way.values(**doubt))


def _fall_asleep(
    engine: Engine, known: location.Place, here: location.Place, now: datetime
) -> None:
    with reading(engine) as connection:
        if stops.copy_held(connection):
            return
    where = "on another machine" if known.spoken == here.spoken else f"at {known.spoken}"
    with writing(engine) as connection:
        hold(connection, f"a copy of the shop that lived {where}", now=now)
