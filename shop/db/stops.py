"""The owner's switch: all mail, or one rule's, until further notice."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    exists,
    literal,
    or_,
    select,
)
from sqlmodel import col

from shop.db.upsert import insert_into
from shop.tables import Message, Stop

EVERYTHING = "everything"
COPY = "this copy"  # held by nobody's hand: the database is not where it lived
RULE = "rule:"


def stop(connection: Connection, rule: str | None, because: str | None, *, now: datetime) -> bool:
    """Hold all mail, or that of one rule; False where it is held already."""
    return _add(connection, _what(rule), because, now)


def start(connection: Connection, rule: str | None) -> bool:
    """Let it go on; False where nothing was held."""
    done = connection.execute(delete(Stop).where(col(Stop.what) == _what(rule)))
    return done.rowcount > 0


def all_stops(connection: Connection) -> dict[str | None, tuple[datetime, str | None]]:
    """What is held, since when and why; None stands for everything."""
    found = connection.execute(_all())
    return {
        None if row.what in (EVERYTHING, COPY) else row.what.removeprefix(RULE): (
            row.since,
            row.because,
        )
        for row in found
    }


def hold_copy(connection: Connection, because: str, *, now: datetime) -> bool:
    """Hold all mail of a copy, beside whatever its owner holds; False where it is held already."""
    return _add(connection, COPY, because, now)


def copy_held(connection: Connection) -> str | None:
    """Why all mail of this copy is held, where it is."""
    return connection.scalar(_because(), {"held": COPY})


def let_copy_go(connection: Connection) -> None:
    connection.execute(delete(Stop).where(col(Stop.what) == COPY))


@cache
def stopped() -> ColumnElement[bool]:
    """Of a message: it is held."""
    its = literal(RULE).concat(col(Message.rule))
    return exists().where(or_(col(Stop.what).in_((EVERYTHING, COPY)), col(Stop.what) == its))


@cache
def _all() -> Select[tuple[str, datetime, str | None]]:
    columns = select(col(Stop.what), col(Stop.since), col(Stop.because))
    return columns.order_by(col(Stop.since).desc())


@cache
def _because() -> Select[tuple[str | None]]:
    return select(col(Stop.because)).where(col(Stop.what) == bindparam("held"))


def _add(connection: Connection, what: str, because: str | None, now: datetime) -> bool:
    row = {"what": what, "since": now, "because": because}
    insert = insert_into(Stop).on_conflict_do_nothing()
    done = connection.execution_options(preserve_rowcount=True).execute(insert, row)
    return done.rowcount > 0


def _what(rule: str | None) -> str:
    return EVERYTHING if rule is None else f"{RULE}{rule}"
