"""What the orders of each customer come to, kept for those who changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    case,
    delete,
    func,
    literal,
    select,
    type_coerce,
)
from sqlmodel import col

from shop.tables import Metrics, Order
from shop.times import MICROSECOND
from shop.writing import insert_into

COLUMNS = (
    "customer_id", "visits", "orders", "spent", "first_visit_at", "last_visit_at",
    "expected_back_at",
)  # fmt: skip
RHYTHM_FROM = 4  # visits; with fewer, a gap is chance and no habit
OVERDUE = 2  # times the usual gap
AT_LEAST = timedelta(days=7) // MICROSECOND  # who comes every day is not missed on the third


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
            _expected_back(placed, count),
        )
        .where(col(Order.customer_id).in_(changed), col(Order.counts).is_(True))
        .group_by(col(Order.customer_id))
        .having(count > literal(0))
    )
    connection.execute(insert_into(Metrics, connection).from_select(COLUMNS, figures))


def _expected_back(placed: Any, count: Any) -> Any:
    """The last visit and twice the customer's own mean gap, a week at least."""
    first, last = (type_coerce(end(placed), BigInteger) for end in (func.min, func.max))
    gap = OVERDUE * (last - first) // (count - 1)
    longer = case((gap > AT_LEAST, gap), else_=AT_LEAST)
    return case((count >= RHYTHM_FROM, last + longer))
