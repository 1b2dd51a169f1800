"""Two customers who turn out to be one: everything moves to the older, and it is written down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Table, bindparam, delete, func, insert, select, update
from sqlmodel import SQLModel, col

from shop.aside import NOT_GONE_YET, set_aside
from shop.tables import Customer, Enrolment, Identity, Merge, Message, PointsBalance, PointsEntry
from shop.writing import insert_into, table_of

NEVER_WENT = (*NOT_GONE_YET, "skipped", "declined", "failed")


@dataclass(frozen=True)
class Merging:
    """One customer becomes one with another."""

    gone: int
    kept: int
    founder: int  # the identity that first told of the one who is gone
    why: str


def merge(connection: Connection, merged: Sequence[Merging], now: datetime) -> None:
    """Move all that is theirs, and forget the newer customer's number for ever."""
    if not merged:
        return
    gone = [one.gone for one in merged]
    theirs = select(col(Customer.id)).where(col(Customer.id).in_(gone))
    connection.execute(theirs.with_for_update())  # a tick that is writing about them comes first
    _set_doubles_aside(connection, merged, now)
    for table, column in of_customers():
        if column.primary_key:  # worked out from the rest, and will be again
            connection.execute(delete(table).where(column.in_(gone)))
        else:
            connection.execute(
                update(table)
                .where(column == bindparam("gone"))
                .values({column: bindparam("kept")}),
                [{"gone": one.gone, "kept": one.kept} for one in merged],
            )
    connection.execute(delete(Customer).where(col(Customer.id).in_(gone)))
    add_up_points(connection, {one.kept for one in merged})
    _note(connection, merged, now)


def present(connection: Connection, customer: int) -> int | None:
    """Who a customer is today, whatever they were merged with since; None for nobody."""
    if connection.scalar(select(col(Customer.id)).where(col(Customer.id) == customer)):
        return customer
    return connection.scalar(
        select(col(Identity.customer_id))
        .join(Merge, col(Merge.founder) == col(Identity.id))
        .where(col(Merge.gone) == customer)
    )


def of_customers() -> Iterable[tuple[Table, Column[Any]]]:
    """Every table that says something about customers, with the column that says whom."""
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            if any(key.column.table.name == "customers" for key in column.foreign_keys):
                yield table, column


def add_up_points(connection: Connection, customers: Collection[int]) -> None:
    """The balances of these customers, from their entries."""
    connection.execute(delete(PointsBalance).where(col(PointsBalance.customer_id).in_(customers)))
    theirs = col(PointsEntry.customer_id)
    sums = (
        select(theirs, func.sum(col(PointsEntry.points)))
        .where(theirs.in_(customers))
        .group_by(theirs)
    )
    adding = insert_into(PointsBalance)
    connection.execute(adding.from_select(["customer_id", "balance"], sums))


def _note(connection: Connection, merged: Sequence[Merging], now: datetime) -> None:
    rows = [
        {"gone": one.gone, "kept": one.kept, "founder": one.founder, "why": one.why, "at": now}
        for one in merged
    ]
    connection.execute(insert(table_of(Merge)), rows)


def _set_doubles_aside(connection: Connection, merged: Sequence[Merging], now: datetime) -> None:
    """One person has one occasion once: of two enrolments for it only one goes on.

    The other keeps its history under a name of its own; what it had not sent yet, it never will.
    """
    stays = {one.kept: one.kept for one in merged} | {one.gone: one.kept for one in merged}
    same: dict[tuple[int, str, str], list[Any]] = defaultdict(list)
    for row in connection.execute(_enrolments(stays)):
        same[stays[row.customer_id], row.rule, row.occasion].append(row)
    doubles = [row for rows in same.values() for row in sorted(rows, key=_goes_on)[1:]]
    named = [(row.id, f"{row.occasion} (as customer {row.customer_id})") for row in doubles]
    set_aside(connection, named, "the same customer has had this under another number", now)


def _goes_on(row: Any) -> tuple[bool, bool, int]:
    """Who was mailed goes on; else whose series is running; else the older customer's."""
    return not row.sent, row.next_at is None, row.customer_id


def _enrolments(customers: Iterable[int]) -> Any:
    sent = select(func.count(col(Message.id))).where(
        col(Message.enrolment_id) == col(Enrolment.id), col(Message.state).not_in(NEVER_WENT)
    )
    table = table_of(Enrolment)
    columns = [table.c[name] for name in ("id", "rule", "customer_id", "occasion", "next_at")]
    return select(*columns, sent.scalar_subquery().label("sent")).where(
        table.c.customer_id.in_(list(customers))
    )
