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

ALL_MAIL = "everything"
COPY_HOLD = "this copy"  # held by nobody's hand: the database is not where it lived
RULE_PREFIX = "rule:"


def stop_mail(
    connection: Connection, rule: str | None, reason: str | None, *, now: datetime
) -> bool:
    """Hold all mail, or that of one rule; False where it is held already."""
    return _insert_stop(connection, _stop_key(rule), reason, now)


def resume_mail(connection: Connection, rule: str | None) -> bool:
    """Let it go on; False where nothing was held."""
    deleted = connection.execute(delete(Stop).where(col(Stop.what) == _stop_key(rule)))
    return deleted.rowcount > 0


def load_stops(connection: Connection) -> dict[str | None, tuple[datetime, str | None]]:
    """What is held, since when and why; None stands for everything."""
    rows = connection.execute(_stops_query())
    return {
        None if row.what in (ALL_MAIL, COPY_HOLD) else row.what.removeprefix(RULE_PREFIX): (
            row.since,
            row.because,
        )
        for row in rows
    }


def hold_copy_mail(connection: Connection, reason: str, *, now: datetime) -> bool:
    """Hold all mail of a copy, beside whatever its owner holds; False where it is held already."""
    return _insert_stop(connection, COPY_HOLD, reason, now)


def copy_hold_reason(connection: Connection) -> str | None:
    """Why all mail of this copy is held, where it is."""
    return connection.scalar(_hold_reason_query(), {"held": COPY_HOLD})


def release_copy(connection: Connection) -> None:
    connection.execute(delete(Stop).where(col(Stop.what) == COPY_HOLD))


@cache
def is_stopped() -> ColumnElement[bool]:
    """Of a message: it is held."""
    rule_key = literal(RULE_PREFIX).concat(col(Message.rule))
    return exists().where(
        or_(col(Stop.what).in_((ALL_MAIL, COPY_HOLD)), col(Stop.what) == rule_key)
    )


@cache
def _stops_query() -> Select[tuple[str, datetime, str | None]]:
    columns = select(col(Stop.what), col(Stop.since), col(Stop.because))
    return columns.order_by(col(Stop.since).desc())


@cache
def _hold_reason_query() -> Select[tuple[str | None]]:
    return select(col(Stop.because)).where(col(Stop.what) == bindparam("held"))


def _insert_stop(connection: Connection, key: str, reason: str | None, now: datetime) -> bool:
    row = {"what": key, "since": now, "because": reason}
    insert = insert_into(Stop).on_conflict_do_nothing()
    inserted = connection.execution_options(preserve_rowcount=True).execute(insert, row)
    return inserted.rowcount > 0


def _stop_key(rule: str | None) -> str:
    return ALL_MAIL if rule is None else f"{RULE_PREFIX}{rule}"
