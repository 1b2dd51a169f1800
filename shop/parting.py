"""An identity that turned out to be another person: what is theirs goes with them.

It happens when a number that two records shared is then claimed by somebody else as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Table,
    bindparam,
    cast,
    delete,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy import String as Text
from sqlmodel import SQLModel, col

from shop.aside import NOT_GONE_YET, UNDER_WAY, set_aside
from shop.merging import add_up_points
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
from shop.writing import table_of

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
    for table, source, key in _of_identities():
        connection.execute(
            update(table)
            .where(table.c[source] == bindparam("of_source"), table.c[key] == bindparam("of_key"))
            .values(customer_id=bindparam("joined")),
            rows,
        )
    _carry_the_no(connection, {(one.left, one.joined) for one in parted})
    _move_lots(connection, left)
    add_up_points(connection, left | {one.joined for one in parted})
    _end_series(connection, left, now)
    _forget_facts(connection, left)


def _named(connection: Connection, parted: Sequence[Parting]) -> list[dict[str, Any]]:
    table = table_of(Identity)
    named = select(table.c.id, table.c.source, table.c.external_id).where(
        table.c.id.in_([one.identity for one in parted])
    )
    names = {row.id: row for row in connection.execute(named)}
    return [
        {
            "of_source": names[one.identity].source,
            "of_key": names[one.identity].external_id,
            "joined": one.joined,
        }
        for one in parted
    ]


def _of_identities() -> Iterable[tuple[Table, str, str]]:
    """Every table whose rows came under an identity, with the columns that name it."""
    yield table_of(BasisStatement), "source", "external_id"
    for table in SQLModel.metadata.sorted_tables:
        if {"customer_source", "customer_key", "customer_id"} <= set(table.columns.keys()):
            yield table, "customer_source", "customer_key"


def _carry_the_no(connection: Connection, pairs: Collection[tuple[int, int]]) -> None:
    """A no that was said to us, and not to a source, holds for both of those it may be from."""
    said = table_of(BasisStatement)
    kept = [one.name for one in said.c if one.name not in ("id", "customer_id", "external_id")]
    under_an_identity = (
        select(col(Identity.id))
        .where(
            col(Identity.source) == said.c.source, col(Identity.external_id) == said.c.external_id
        )
        .exists()
    )
    for left, joined in sorted(pairs):
        theirs = select(
            literal(joined),
            said.c.external_id + " carried to " + cast(literal(joined), Text),
            *(said.c[name] for name in kept),
        ).where(said.c.customer_id == left, said.c.says == "no", ~under_an_identity)
        columns = ["customer_id", "external_id", *kept]
        connection.execute(insert(said).from_select(columns, theirs))


def _move_lots(connection: Connection, left: Collection[int]) -> None:
    """Points stay with the entry they came by."""
    owner = select(col(PointsEntry.customer_id)).where(
        col(PointsEntry.id) == col(PointsLot.entry_id)
    )
    connection.execute(
        update(PointsLot)
        .where(col(PointsLot.customer_id).in_(left))
        .values(customer_id=owner.scalar_subquery())
    )


def _end_series(connection: Connection, left: Collection[int], now: datetime) -> None:
    # What is under way goes to whom it was written to; what would follow it might not.
    waiting = select(col(Message.id)).where(
        col(Message.enrolment_id) == col(Enrolment.id),
        col(Message.state).in_((*NOT_GONE_YET, *UNDER_WAY)),
    )
    running = select(col(Enrolment.id), col(Enrolment.occasion)).where(
        col(Enrolment.customer_id).in_(left),
        or_(col(Enrolment.next_at).is_not(None), waiting.exists()),
    )
    found = [(one, occasion) for one, occasion in connection.execute(running) if one]
    set_aside(connection, found, WHY, now)


def _forget_facts(connection: Connection, left: Collection[int]) -> None:
    """Their address may be the other's, who could not have it while it is still here."""
    connection.execute(
        update(Customer)
        .where(col(Customer.id).in_(left))
        .values(email=None, email_key=None, phone_key=None)
    )
    connection.execute(delete(Metrics).where(col(Metrics.customer_id).in_(left)))
