"""An identity that turned out to be another person: what is theirs goes with them.

It happens when a number that two records shared is then claimed by somebody else as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Delete,
    Integer,
    Select,
    Table,
    Update,
    bindparam,
    cast,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy import String as Text
from sqlmodel import SQLModel, col

from shop.db.cached_insert import Insert
from shop.db.upsert import SOME, insert_into, table_of
from shop.identity.end_enrolments import NOT_GONE_YET, UNDER_WAY, set_aside
from shop.identity.merge import add_up_points
from shop.tables import (
    BasisStatement,
    Customer,
    Enrolment,
    Identity,
    Message,
    Metrics,
    PointsEntry,
    PointsLot,
)

WHY = "what was one customer turned out to be two"


@dataclass(frozen=True)
class Parting:
    """An identity leaves one customer for another."""

    identity: int
    left: int
    joined: int


def part(connection: Connection, parted: Sequence[Parting], now: datetime) -> None:
    """Move what came under these identities; no series goes on for somebody who may be wrong."""
    if not parted:
        return
    left = {one.left for one in parted}
    rows = _named(connection, parted)
    for moving in _moving():
        connection.execute(moving, rows)
    _carry_the_no(connection, {(one.left, one.joined) for one in parted})
    _move_lots(connection, left)
    add_up_points(connection, left | {one.joined for one in parted})
    _end_series(connection, left, now)
    _forget_facts(connection, left)


def _named(connection: Connection, parted: Sequence[Parting]) -> list[dict[str, Any]]:
    ones = {"some": [one.identity for one in parted]}
    names = {row.id: row for row in connection.execute(_names(), ones)}
    return [
        {
            "of_source": names[one.identity].source,
            "of_key": names[one.identity].external_id,
            "joined": one.joined,
        }
        for one in parted
    ]


@cache
def _names() -> Select[tuple[int, str, str]]:
    table = table_of(Identity)
    return select(table.c.id, table.c.source, table.c.external_id).where(table.c.id.in_(SOME))


@cache
def _moving() -> Sequence[Update]:
    return [
        update(table)
        .where(table.c[source] == bindparam("of_source"), table.c[key] == bindparam("of_key"))
        .values(customer_id=bindparam("joined"))
        for table, source, key in _of_identities()
    ]


def _of_identities() -> Iterable[tuple[Table, str, str]]:
    """Every table whose rows came under an identity, with the columns that name it."""
    yield table_of(BasisStatement), "source", "external_id"
    for table in SQLModel.metadata.sorted_tables:
        if {"customer_source", "customer_key", "customer_id"} <= set(table.columns.keys()):
            yield table, "customer_source", "customer_key"


def _carry_the_no(connection: Connection, pairs: Collection[tuple[int, int]]) -> None:
    """A no that was said to us, and not to a source, holds for both of those it may be from."""
    for left, joined in sorted(pairs):
        connection.execute(_carrying(), {"left": left, "joined": joined})


@cache
def _carrying() -> Insert:
    said = table_of(BasisStatement)
    kept = [one.name for one in said.c if one.name not in ("id", "customer_id", "external_id")]
    under_an_identity = (
        select(col(Identity.id))
        .where(
            col(Identity.source) == said.c.source, col(Identity.external_id) == said.c.external_id
        )
        .exists()
    )
    joined = bindparam("joined", type_=Integer)
    theirs = select(
        joined,
        said.c.external_id + " carried to " + cast(joined, Text),
        *(said.c[name] for name in kept),
    ).where(said.c.customer_id == bindparam("left"), said.c.says == "no", ~under_an_identity)
    columns = ["customer_id", "external_id", *kept]
    return insert_into(BasisStatement).from_select(columns, theirs)


def _move_lots(connection: Connection, left: Collection[int]) -> None:
    """Points stay with the entry they came by."""
    connection.execute(_moving_lots(), {"some": list(left)})


@cache
def _moving_lots() -> Update:
    owner = select(col(PointsEntry.customer_id)).where(
        col(PointsEntry.id) == col(PointsLot.entry_id)
    )
    theirs = update(PointsLot).where(col(PointsLot.customer_id).in_(SOME))
    return theirs.values(customer_id=owner.scalar_subquery())


def _end_series(connection: Connection, left: Collection[int], now: datetime) -> None:
    running = connection.execute(_running(), {"some": list(left)})
    set_aside(connection, [(one, occasion) for one, occasion in running if one], WHY, now)


@cache
def _running() -> Select[tuple[int | None, str]]:
    # What is under way goes to whom it was written to; what would follow it might not.
    waiting = select(col(Message.id)).where(
        col(Message.enrolment_id) == col(Enrolment.id),
        col(Message.state).in_((*NOT_GONE_YET, *UNDER_WAY)),
    )
    return select(col(Enrolment.id), col(Enrolment.occasion)).where(
        col(Enrolment.customer_id).in_(SOME),
        or_(col(Enrolment.next_at).is_not(None), waiting.exists()),
    )


def _forget_facts(connection: Connection, left: Collection[int]) -> None:
    """Their address may be the other's, who could not have it while it is still here."""
    for forgetting in _forgetting(), _forgetting_figures():
        connection.execute(forgetting, {"some": list(left)})


@cache
def _forgetting() -> Update:
    theirs = update(Customer).where(col(Customer.id).in_(SOME))
    return theirs.values(email=None, email_key=None, phone_key=None)


@cache
def _forgetting_figures() -> Delete:
    return delete(Metrics).where(col(Metrics.customer_id).in_(SOME))
