"""May this person be mailed? What was said about it, and what it comes to.

A no stands until that same person gives a newer, dated yes. An undated yes, as imports and
platform flags give it, never lifts a no.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from shop.tables import Basis, BasisStatement
from shop.times import Moment
from shop.writing import Row, add_new, insert_into

EMAIL = "e-mail"
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


class Says(StrEnum):
    YES = "yes"
    NO = "no"
    NONE = "none"


def record(connection: Connection, statements: Sequence[Row]) -> None:
    """Add what was said; the same statement told again adds nothing."""
    add_new(connection, BasisStatement, statements)


def settle(connection: Connection, customers: Collection[int]) -> None:
    """Work out anew what the statements about these customers come to."""
    if not customers:
        return
    statement = insert_into(Basis, connection)
    connection.execute(
        statement.from_select(["customer_id", "channel", "state", "statement_id"],
                              _come_to(customers))
        .on_conflict_do_update(
            index_elements=["customer_id", "channel"],
            set_={"state": statement.excluded.state,
                  "statement_id": statement.excluded.statement_id},
        )
    )  # fmt: skip


def _come_to(customers: Collection[int]) -> Select[tuple[int, str, str, int | None]]:
    """One row a customer: the newest no against the newest yes that still holds."""
    latest = _latest(customers).cte("latest")
    yes_wins = and_(
        latest.c.yes_at.is_not(None),
        or_(latest.c.no_at.is_(None), latest.c.yes_at > latest.c.no_at),
    )
    state = case(
        (yes_wins, literal(Says.YES.value)),
        (latest.c.no_at.is_not(None), literal(Says.NO.value)),
        else_=literal(Says.NONE.value),
    )
    winner = case((yes_wins, latest.c.yes_id), else_=latest.c.no_id)
    # SQLite cannot tell ON CONFLICT from a join's ON without a WHERE.
    return select(latest.c.customer_id, literal(EMAIL), state, winner).where(literal(1) == 1)


def _latest(customers: Collection[int]) -> Select[Any]:
    said = aliased(BasisStatement)
    no = col(said.says) == Says.NO.value
    yes = and_(col(said.says) == Says.YES.value, ~_withdrawn(said))
    undated_no = and_(no, col(said.said_at) == UNDATED)
    at = type_coerce(case((undated_no, col(said.recorded_at)), else_=col(said.said_at)), Moment)
    return (
        select(
            col(said.customer_id).label("customer_id"),
            func.max(case((no, at))).label("no_at"),
            func.max(case((yes, at))).label("yes_at"),
            func.max(case((no, col(said.id)))).label("no_id"),
            func.max(case((yes, col(said.id)))).label("yes_id"),
        )
        .where(col(said.customer_id).in_(customers), col(said.channel) == EMAIL)
        .group_by(col(said.customer_id))
    )


def _withdrawn(said: type[BasisStatement]) -> ColumnElement[bool]:
    """The source that once said yes now says nothing."""
    later = aliased(BasisStatement)
    return (
        select(col(later.id))
        .where(
            col(later.source) == col(said.source),
            col(later.external_id) == col(said.external_id),
            col(later.channel) == col(said.channel),
            col(later.says) == Says.NONE.value,
            col(later.said_at) >= col(said.said_at),
        )
        .exists()
    )
