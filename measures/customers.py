"""What the orders of each customer come to, kept for those who changed."""

from __future__ import annotations

from sqlalchemy import Connection, Select, delete, func, literal, select
from sqlmodel import col

from shop.tables import Metrics, Order
from shop.writing import insert_into

COLUMNS = ("customer_id", "visits", "orders", "spent", "first_visit_at", "last_visit_at")


def refresh(connection: Connection, changed: Select[tuple[int]]) -> None:
    """Work the figures of these customers out anew."""
    connection.execute(delete(Metrics).where(col(Metrics.customer_id).in_(changed)))
    placed = col(Order.placed_at)
    count = func.count(col(Order.id))
    figures = (
        select(
            col(Order.customer_id),
            count,
            count,
            func.sum(col(Order.total)),
            func.min(placed),
            func.max(placed),
        )
        .where(col(Order.customer_id).in_(changed), col(Order.counts).is_(True))
        .group_by(col(Order.customer_id))
        .having(count > literal(0))
    )
    connection.execute(insert_into(Metrics, connection).from_select(COLUMNS, figures))
