"""Orders that were dated ahead when they were read, and count once their day has come."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Update, bindparam, select, update
from sqlmodel import col

from shop.consent.mailing_address import update_mailing_addresses
from shop.db import changed_customers
from shop.db.upsert import IN_VALUES
from shop.tables import Order

BATCH_SIZE = 2_000


def count_due_orders(connection: Connection, now: datetime) -> int:
    """Let the orders count whose day has come at `now`; their customers are marked as changed.

    Returns how many.
    """
    counted = 0
    while due := connection.execute(_due_orders(), {"now": now}).all():
        connection.execute(_count_orders(), {"values": [row.id for row in due]})
        customers = {row.customer_id for row in due if row.customer_id is not None}
        update_mailing_addresses(connection, customers)
        changed_customers.mark_changed(connection, customers)
        counted += len(due)
    return counted


@cache
def _due_orders() -> Select[Any]:
    return (
        select(col(Order.id), col(Order.customer_id))
        .where(col(Order.counts_from).is_not(None), col(Order.counts_from) <= bindparam("now"))
        .limit(BATCH_SIZE)
    )


@cache
def _count_orders() -> Update:
    return update(Order).where(col(Order.id).in_(IN_VALUES)).values(counts=True, counts_from=None)
