"""Buyers without an account: a platform knows them by their orders alone.

An order may lose its guest, because the shop erased personal data or the guest opened an account.
A guest without any order is gone, as a deleted customer is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Update, and_, bindparam, select, update
from sqlmodel import col

from shop.consent.basis import recompute_basis
from shop.db.upsert import IN_VALUES
from shop.identity.absence import Absence
from shop.tables import Identity, Order

GUEST_PREFIX = "guest:"  # of the keys of such buyers


def load_guests(connection: Connection, source: str, order_keys: Sequence[str]) -> set[str]:
    """Returns the keys of the guests who are stored as buyers of these orders of `source`."""
    if not order_keys:
        return set()
    parameters = {"row_source": source, "values": list(order_keys)}
    return set(connection.scalars(_guests_query(), parameters))


def mark_without_orders(
    connection: Connection, source: str, guests: Collection[str], now: datetime
) -> set[int]:
    """Marks those of `guests` who have no order any more as gone; returns their customers."""
    if not guests:
        return set()
    parameters = {"row_source": source, "values": sorted(guests)}
    rows = connection.execute(_without_orders_query(), parameters).all()
    if not rows:
        return set()
    connection.execute(_mark_query(), {"values": [row.id for row in rows], "now": now})
    customers = {row.customer_id for row in rows if row.customer_id is not None}
    recompute_basis(connection, customers)
    return customers


@cache
def _guests_query() -> Select[Any]:
    return (
        select(col(Order.customer_key))
        .where(
            col(Order.source) == bindparam("row_source"),
            col(Order.external_id).in_(IN_VALUES),
            col(Order.customer_key).startswith(GUEST_PREFIX),
        )
        .distinct()
    )


@cache
def _without_orders_query() -> Select[Any]:
    their_order = and_(
        col(Order.customer_source) == col(Identity.source),
        col(Order.customer_key) == col(Identity.external_id),
    )
    return select(col(Identity.id), col(Identity.customer_id)).where(
        col(Identity.source) == bindparam("row_source"),
        col(Identity.external_id).in_(IN_VALUES),
        col(Identity.absence).is_(None),
        ~select(col(Order.id)).where(their_order).exists(),
    )


@cache
def _mark_query() -> Update:
    values = {"absence": Absence.GONE.value, "absent_since": bindparam("now")}
    return update(Identity).where(col(Identity.id).in_(IN_VALUES)).values(values)
