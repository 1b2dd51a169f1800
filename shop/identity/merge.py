"""Merges customers who turned out to be one person into the older of them."""

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
from shop.db.upsert import IN_VALUES, insert_into, table_of
from shop.identity.end_enrolments import PENDING_STATES, end_enrolments
from shop.identity.visit_days import subtract_visit_days
from shop.tables import Customer, Enrolment, Identity, Merge, Message, PointsBalance, PointsEntry

UNSENT_STATES = (*PENDING_STATES, "skipped", "declined", "failed")


@dataclass(frozen=True)
class CustomerMerge:
    """One customer is merged into another."""

    merged_id: int
    kept_id: int
    founder: int  # the identity for which the merged customer was created
    reason: str


def merge_customers(connection: Connection, merges: Sequence[CustomerMerge], now: datetime) -> None:
    """Moves everything of the merged customers to those that are kept, and deletes the former.

    1. The merged customers' rows are locked: a tick that writes about them commits first.
    2. Where both are enrolled in a rule for one occasion, one enrolment is ended.
    3. In every table with a foreign key to customers, rows move to the kept id. Where that key is
       the primary key (basis, metrics, visits, balances), rows are deleted: they are computed
       again. The visits are taken off their days first.
    4. The merged customers are deleted, and the balances of the kept ones recomputed.
    5. Each merge is recorded, so that a former id is still found.
    """
    if not merges:
        return
    merged_ids = [customer_merge.merged_id for customer_merge in merges]
    moves = [
        {"old_owner": customer_merge.merged_id, "new_owner": customer_merge.kept_id}
        for customer_merge in merges
    ]
    connection.execute(
        _lock_query(), {"values": merged_ids}
    )  # a tick that writes about them commits first
    _end_duplicates(connection, merges, now)
    subtract_visit_days(connection, merged_ids)
    for table, column in customer_columns():
        if column.primary_key:  # derived from other tables, and computed again
            connection.execute(_delete_query(column), {"values": merged_ids})
        else:
            connection.execute(_move_query(table, column), moves)
    connection.execute(_delete_query(table_of(Customer).c.id), {"values": merged_ids})
    recompute_balances(connection, {customer_merge.kept_id for customer_merge in merges})
    _record_merges(connection, merges, now)


def current_customer(connection: Connection, customer_id: int) -> int | None:
    """Returns the customer that `customer_id` is today, following merges; None if unknown."""
    for query in _existing_query(), _merged_into_query():
        if (current_id := connection.scalar(query, {"customer": customer_id})) is not None:
            return current_id
    return None


@cache
def customer_columns() -> Sequence[tuple[Table, Column[Any]]]:
    """Returns every table with a foreign key to customers, with that column."""
    return [
        (table, column)
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if any(key.column.table.name == "customers" for key in column.foreign_keys)
    ]


def recompute_balances(connection: Connection, customer_ids: Collection[int]) -> None:
    """Recomputes the points balances of `customer_ids` from their entries."""
    parameters = {"values": list(customer_ids)}
    connection.execute(_delete_query(table_of(PointsBalance).c.customer_id), parameters)
    connection.execute(_balances_query(), parameters)


@cache
def _lock_query() -> Select[tuple[int | None]]:
    return select(col(Customer.id)).where(col(Customer.id).in_(IN_VALUES)).with_for_update()


@cache
def _delete_query(owner_column: Column[Any]) -> Delete:
    return delete(owner_column.table).where(owner_column.in_(IN_VALUES))


@cache
def _move_query(table: Table, owner_column: Column[Any]) -> Update:
    return (
        update(table)
        .where(owner_column == bindparam("old_owner"))
        .values({owner_column: bindparam("new_owner")})
    )


@cache
def _existing_query() -> Select[tuple[int | None]]:
    return select(col(Customer.id)).where(col(Customer.id) == bindparam("customer"))


@cache
def _merged_into_query() -> Select[tuple[int | None]]:
    return (
        select(col(Identity.customer_id))
        .join(Merge, col(Merge.founder) == col(Identity.id))
        .where(col(Merge.gone) == bindparam("customer"))
    )


@cache
def _balances_query() -> Insert:
    customer_id = col(PointsEntry.customer_id)
    sums = select(customer_id, func.sum(col(PointsEntry.points))).where(customer_id.in_(IN_VALUES))
    columns = ["customer_id", "balance"]
    return insert_into(PointsBalance).from_select(columns, sums.group_by(customer_id))


def _record_merges(connection: Connection, merges: Sequence[CustomerMerge], now: datetime) -> None:
    rows = [
        {
            "gone": customer_merge.merged_id,
            "kept": customer_merge.kept_id,
            "founder": customer_merge.founder,
            "why": customer_merge.reason,
            "at": now,
        }
        for customer_merge in merges
    ]
    connection.execute(insert_into(Merge), rows)


def _end_duplicates(connection: Connection, merges: Sequence[CustomerMerge], now: datetime) -> None:
    """Ends all but one of the enrolments that the merge gives one rule and occasion.

    The others keep their history under another occasion key; their unsent mails are skipped.
    """
    kept_ids = {customer_merge.kept_id: customer_merge.kept_id for customer_merge in merges} | {
        customer_merge.merged_id: customer_merge.kept_id for customer_merge in merges
    }
    by_occasion: dict[tuple[int, str, str], list[Any]] = defaultdict(list)
    for row in connection.execute(_enrolments_query(), {"values": list(kept_ids)}):
        by_occasion[kept_ids[row.customer_id], row.rule, row.occasion].append(row)
    duplicates = [row for rows in by_occasion.values() for row in sorted(rows, key=_priority)[1:]]
    renamed = [(row.id, f"{row.occasion} (as customer {row.customer_id})") for row in duplicates]
    end_enrolments(connection, renamed, "the same customer has had this under another number", now)


def _priority(row: Any) -> tuple[bool, bool, int]:
    """Sorts first an enrolment that was mailed, then a running one, then the older customer's."""
    return not row.sent, row.next_at is None, row.customer_id


@cache
def _enrolments_query() -> Select[Any]:
    sent_count = select(func.count(col(Message.id))).where(
        col(Message.enrolment_id) == col(Enrolment.id), col(Message.state).not_in(UNSENT_STATES)
    )
    table = table_of(Enrolment)
    columns = [table.c[name] for name in ("id", "rule", "customer_id", "occasion", "next_at")]
    return select(*columns, sent_count.scalar_subquery().label("sent")).where(
        table.c.customer_id.in_(IN_VALUES)
    )
