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
from shop.tables import Customer, Dirty


def mark(connection: Connection, customers: Collection[int]) -> None:
    """Mark customers, in the transaction that wrote their change."""
    if customers:
        rows = [{"customer_id": customer} for customer in sorted(customers)]
        connection.execute(insert_into(Dirty), rows)


def mark_everybody(connection: Connection) -> None:
    """Where something changed that concerns all of them."""
    connection.execute(_marking())


def claim(connection: Connection, tick: int) -> int:
    """Take every mark there is; how many."""
    counted = {"preserve_rowcount": True}
    return connection.execute(_claiming(), {"tick": tick}, execution_options=counted).rowcount


def changed(tick: int | ColumnElement[int]) -> Select[tuple[int]]:
    """The customers whose marks this tick has claimed; or that whose number is given later."""
    return select(col(Dirty.customer_id)).where(col(Dirty.tick_id) == tick).distinct()


def clear(connection: Connection, tick: int) -> None:
    """Forget the marks, in the transaction that acted on them."""
    connection.execute(_clearing(), {"tick": tick})


def waiting(connection: Connection) -> int:
    """How many marks nobody has looked at yet."""
    return connection.scalar(_counting()) or 0


@cache
def _marking() -> Insert:
    return insert_into(Dirty).from_select(["customer_id"], select(col(Customer.id)))


@cache
def _claiming() -> Update:
    return update(Dirty).where(col(Dirty.tick_id).is_(None)).values(tick_id=bindparam("tick"))


@cache
def _clearing() -> Delete:
    return delete(Dirty).where(col(Dirty.tick_id) == bindparam("tick"))


@cache
def _counting() -> Select[tuple[int]]:
    return select(func.count()).select_from(Dirty)
