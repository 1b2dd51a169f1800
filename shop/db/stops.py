"""The owner's stop switch: for all mail, or for that of one rule."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    SQLColumnExpression,
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
COPY_HOLD = "this copy"  # set by the program: the database is not where it was
RULE_PREFIX = "rule:"


def stop_mail(
    connection: Connection, rule: str | None, reason: str | None, *, now: datetime
) -> bool:
    """Stops the mail of `rule`, or all mail where it is None; False where it was stopped before."""
    return _insert_stop(connection, _stop_key(rule), reason, now)


def resume_mail(connection: Connection, rule: str | None) -> bool:
    """Removes the stop of `rule`, or of all mail where it is None; False where there was none."""
    deleted = connection.execute(delete(Stop).where(col(Stop.what) == _stop_key(rule)))
    return deleted.rowcount > 0


def load_stops(connection: Connection) -> dict[str | None, tuple[datetime, str | None]]:
    """Returns since when and why mail is stopped, by rule; the key None stands for all mail."""
    rows = connection.execute(_stops_query())
    return {
        None if row.what in (ALL_MAIL, COPY_HOLD) else row.what.removeprefix(RULE_PREFIX): (
            row.since,
            row.because,
        )
        for row in rows
    }


def hold_copy_mail(connection: Connection, reason: str, *, now: datetime) -> bool:
    """Stops all mail of a copied database, beside the owner's own stops; False where it was so."""
    return _insert_stop(connection, COPY_HOLD, reason, now)


def copy_hold_reason(connection: Connection) -> str | None:
    """Returns why the mail of this copy is stopped; None where it is not."""
    return connection.scalar(_hold_reason_query(), {"stop": COPY_HOLD})


def release_copy(connection: Connection) -> None:
    """Removes the stop of a copied database."""
    connection.execute(delete(Stop).where(col(Stop.what) == COPY_HOLD))


@cache
def is_stopped() -> ColumnElement[bool]:
    """SQL condition on a row of messages: a stop applies to it."""
    return is_rule_stopped(col(Message.rule))


def is_rule_stopped(rule: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """SQL condition: a stop applies to the mail of `rule`, a column with the name of a rule."""
    rule_key = literal(RULE_PREFIX).concat(rule)
    return exists().where(
        or_(col(Stop.what).in_((ALL_MAIL, COPY_HOLD)), col(Stop.what) == rule_key)
    )


@cache
def _stops_query() -> Select[tuple[str, datetime, str | None]]:
    columns = select(col(Stop.what), col(Stop.since), col(Stop.because))
    of_all_or_rules = or_(
        col(Stop.what).in_((ALL_MAIL, COPY_HOLD)), col(Stop.what).startswith(RULE_PREFIX)
    )
    return columns.where(of_all_or_rules).order_by(col(Stop.since).desc())


@cache
def _hold_reason_query() -> Select[tuple[str | None]]:
    return select(col(Stop.because)).where(col(Stop.what) == bindparam("stop"))


def _insert_stop(connection: Connection, key: str, reason: str | None, now: datetime) -> bool:
    row = {"what": key, "since": now, "because": reason}
    insert = insert_into(Stop).on_conflict_do_nothing()
    inserted = connection.execution_options(preserve_rowcount=True).execute(insert, row)
    return inserted.rowcount > 0


def _stop_key(rule: str | None) -> str:
    return ALL_MAIL if rule is None else f"{RULE_PREFIX}{rule}"
