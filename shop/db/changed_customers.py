"""Marks on customers that changed, so that a tick looks at them and at nobody else.

A tick claims the marks it can see, one by one. "All up to the newest" would not do:
PostgreSQL hands out numbers before their rows are visible, and would lose a mark that
commits meanwhile.
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
    """Mark customers, in the transaction that wrote their change."""
    if customer_ids:
        rows = [{"customer_id": customer_id} for customer_id in sorted(customer_ids)]
        connection.execute(insert_into(ChangeMarker), rows)


def mark_all_changed(connection: Connection) -> None:
    """Where something changed that concerns all of them."""
    connection.execute(_mark_all_query())


def claim_changes(connection: Connection, tick: int) -> int:
    """Take every mark there is; how many."""
    options = {"preserve_rowcount": True}
    return connection.execute(_claim_query(), {"tick": tick}, execution_options=options).rowcount


def claimed_customers(tick: int | ColumnElement[int]) -> Select[tuple[int]]:
    """The customers whose marks this tick has claimed; or that whose number is given later."""
    return select(col(ChangeMarker.customer_id)).where(col(ChangeMarker.tick_id) == tick).distinct()


def clear_changes(connection: Connection, tick: int) -> None:
    """Forget the marks, in the transaction that acted on them."""
    connection.execute(_clear_query(), {"tick": tick})


def count_changes(connection: Connection) -> int:
    """How many marks nobody has looked at yet."""
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
