"""Two customers who turn out to be one: everything moves to the older, and it is written down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Delete,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlmodel import SQLModel, col

from shop.db.cached_insert import Insert
from shop.db.upsert import SOME, insert_into, table_of
from shop.identity.end_enrolments import NOT_GONE_YET, set_aside
from shop.tables import Customer, Enrolment, Identity, Merge, Message, PointsBalance, PointsEntry

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
    moves = [{"gone": one.gone, "kept": one.kept} for one in merged]
    connection.execute(_held(), {"some": gone})  # a tick that is writing about them comes first
    _set_doubles_aside(connection, merged, now)
    for table, column in of_customers():
        if column.primary_key:  # worked out from the rest, and will be again
            connection.execute(_forgetting(column), {"some": gone})
        else:
            connection.execute(_moving(table, column), moves)
    connection.execute(_forgetting(table_of(Customer).c.id), {"some": gone})
    add_up_points(connection, {one.kept for one in merged})
    _note(connection, merged, now)


def present(connection: Connection, customer: int) -> int | None:
    """Who a customer is today, whatever they were merged with since; None for nobody."""
    for asked in _still(), _become():
        if (found := connection.scalar(asked, {"number": customer})) is not None:
            return found
    return None


@cache
def of_customers() -> Sequence[tuple[Table, Column[Any]]]:
    """Every table that says something about customers, with the column that says whom."""
    return [
        (table, column)
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if any(key.column.table.name == "customers" for key in column.foreign_keys)
    ]


def add_up_points(connection: Connection, customers: Collection[int]) -> None:
    """The balances of these customers, from their entries."""
    theirs = {"some": list(customers)}
    connection.execute(_forgetting(table_of(PointsBalance).c.customer_id), theirs)
    connection.execute(_adding_up(), theirs)


@cache
def _held() -> Select[tuple[int | None]]:
    return select(col(Customer.id)).where(col(Customer.id).in_(SOME)).with_for_update()


@cache
def _forgetting(whose: Column[Any]) -> Delete:
    return delete(whose.table).where(whose.in_(SOME))


@cache
def _moving(table: Table, whose: Column[Any]) -> Update:
    return update(table).where(whose == bindparam("gone")).values({whose: bindparam("kept")})


@cache
def _still() -> Select[tuple[int | None]]:
    return select(col(Customer.id)).where(col(Customer.id) == bindparam("number"))


@cache
def _become() -> Select[tuple[int | None]]:
    return (
        select(col(Identity.customer_id))
        .join(Merge, col(Merge.founder) == col(Identity.id))
        .where(col(Merge.gone) == bindparam("number"))
    )


@cache
def _adding_up() -> Insert:
    theirs = col(PointsEntry.customer_id)
    sums = select(theirs, func.sum(col(PointsEntry.points))).where(theirs.in_(SOME))
    columns = ["customer_id", "balance"]
    return insert_into(PointsBalance).from_select(columns, sums.group_by(theirs))


def _note(connection: Connection, merged: Sequence[Merging], now: datetime) -> None:
    rows = [
        {"gone": one.gone, "kept": one.kept, "founder": one.founder, "why": one.why, "at": now}
        for one in merged
    ]
    connection.execute(insert_into(Merge), rows)


def _set_doubles_aside(connection: Connection, merged: Sequence[Merging], now: datetime) -> None:
    """One person has one occasion once: of two enrolments for it only one goes on.

    The other keeps its history under a name of its own; what it had not sent yet, it never will.
    """
    stays = {one.kept: one.kept for one in merged} | {one.gone: one.kept for one in merged}
    same: dict[tuple[int, str, str], list[Any]] = defaultdict(list)
    for row in connection.execute(_enrolments(), {"some": list(stays)}):
        same[stays[row.customer_id], row.rule, row.occasion].append(row)
    doubles = [row for rows in same.values() for row in sorted(rows, key=_goes_on)[1:]]
    named = [(row.id, f"{row.occasion} (as customer {row.customer_id})") for row in doubles]
    set_aside(connection, named, "the same customer has had this under another number", now)


def _goes_on(row: Any) -> tuple[bool, bool, int]:
    """Who was mailed goes on; else whose series is running; else the older customer's."""
    return not row.sent, row.next_at is None, row.customer_id


@cache
def _enrolments() -> Select[Any]:
    sent = select(func.count(col(Message.id))).where(
        col(Message.enrolment_id) == col(Enrolment.id), col(Message.state).not_in(NEVER_WENT)
    )
    table = table_of(Enrolment)
    columns = [table.c[name] for name in ("id", "rule", "customer_id", "occasion", "next_at")]
    return select(*columns, sent.scalar_subquery().label("sent")).where(
        table.c.customer_id.in_(SOME)
    )
