"""Change markers: the customers that a tick has to evaluate again.

A tick claims the markers it can see, row by row. A watermark ("all up to the newest id") would
lose rows: PostgreSQL assigns ids before their rows are visible, so a lower id may commit later.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Select,
    Update,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlmodel import col

from shop.db.cached_insert import Insert
from shop.db.upsert import insert_into
from shop.tables import ChangeMarker, Customer


def mark_changed(connection: Connection, customer_ids: Collection[int]) -> None:
    """Marks `customer_ids` as changed, in the transaction that wrote the change."""
    if customer_ids:
        rows = [{"customer_id": customer_id} for customer_id in sorted(customer_ids)]
        connection.execute(insert_into(ChangeMarker), rows)


def mark_all_changed(connection: Connection) -> None:
    """Marks every customer, after a change that concerns all of them."""
    connection.execute(_mark_all_query())


def claim_changes(connection: Connection, tick: int) -> int:
    """Claims every unclaimed marker for `tick`; returns how many."""
    options = {"preserve_rowcount": True}
    return connection.execute(_claim_query(), {"tick": tick}, execution_options=options).rowcount


def claimed_customers(tick: int | ColumnElement[int]) -> Select[tuple[int]]:
    """Selects the customers whose markers `tick` (an id or an SQL parameter) has claimed."""
    return select(col(ChangeMarker.customer_id)).where(col(ChangeMarker.tick_id) == tick).distinct()


def clear_changes(connection: Connection, tick: int) -> None:
    """Deletes the markers of `tick`, in the transaction that acted on them."""
    connection.execute(_clear_query(), {"tick": tick})


def count_changes(connection: Connection) -> int:
    """Returns the number of markers that no tick has cleared yet."""
    return connection.scalar(_count_query()) or 0


@cache
def _mark_all_query() -> Insert:
    return insert_into(ChangeMarker).from_select(["customer_id"], select(col(Customer.id)))


@cache
def _claim_query() -> Update:
    return (
        update(ChangeMarker)
        .where(col(ChangeMarker.tick_id).is_(None))
        .values(tick_id=bindparam("tick"))
    )


@cache
def _clear_query() -> Delete:
    return delete(ChangeMarker).where(col(ChangeMarker.tick_id) == bindparam("tick"))


@cache
def _count_query() -> Select[tuple[int]]:
    return select(func.count()).select_from(ChangeMarker)
