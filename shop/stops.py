"""The owner's switch: all mail, or one rule's, until further notice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, literal, or_, select
from sqlmodel import col

from shop.tables import Message, Stop
from shop.writing import insert_into

EVERYTHING = "everything"
RULE = "rule:"


def stop(connection: Connection, rule: str | None, because: str | None, *, now: datetime) -> bool:
    """Hold all mail, or that of one rule; False where it is held already."""
    row = {"what": _what(rule), "since": now, "because": because}
    insert = insert_into(Stop, connection).on_conflict_do_nothing()
    done = connection.execution_options(preserve_rowcount=True).execute(insert, row)
    return done.rowcount > 0


def start(connection: Connection, rule: str | None) -> bool:
    """Let it go on; False where nothing was held."""
    done = connection.execute(delete(Stop).where(col(Stop.what) == _what(rule)))
    return done.rowcount > 0


def all_stops(connection: Connection) -> dict[str | None, tuple[datetime, str | None]]:
    """What is held, since when and why; None stands for everything."""
    return {
        row.what.removeprefix(RULE) if row.what != EVERYTHING else None: (row.since, row.because)
        for row in connection.execute(select(col(Stop.what), col(Stop.since), col(Stop.because)))
    }


def stopped() -> ColumnElement[bool]:
    """Of a message: it is held."""
    its = literal(RULE).concat(col(Message.rule))
    return exists().where(or_(col(Stop.what) == EVERYTHING, col(Stop.what) == its))


def _what(rule: str | None) -> str:
    return EVERYTHING if rule is None else f"{RULE}{rule}"
