"""What the orders of each customer come to, kept for those who changed."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Delete,
    Subquery,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    select,
    type_coerce,
)
from sqlmodel import col

from shop.db import changed_customers
from shop.db.cached_insert import Insert
from shop.db.upsert import insert_into
from shop.tables import Metrics, Order, Refund
from shop.types.moment import MICROSECOND

COLUMNS = (
    "customer_id", "visits", "orders", "spent", "first_visit_at", "last_visit_at",
    "expected_back_at",
)  # fmt: skip
CHANGED = changed_customers.claimed_customers(bindparam("tick"))
RHYTHM_FROM = 4  # visits; with fewer, a gap is chance and no habit
OVERDUE = 2  # times the usual gap
AT_LEAST = timedelta(days=7) // MICROSECOND  # who comes every day is not missed on the third


def refresh(connection: Connection, tick: int, *, currency: str) -> None:
    """Work the figures out anew of the customers whose marks this tick has claimed."""
    connection.execute(_forgetting(), {"tick": tick})
    connection.execute(_counting(), {"tick": tick, "currency": currency})


@cache
def _forgetting() -> Delete:
    return delete(Metrics).where(col(Metrics.customer_id).in_(CHANGED))


@cache
def _counting() -> Insert:
    orders = _orders()
    placed, count = orders.c.placed_at, func.count()
    figures = select(
        orders.c.customer_id,
        count,
        count,
        func.sum(orders.c.spent),
        func.min(placed),
        func.max(placed),
        _expected_back(placed, count),
    ).group_by(orders.c.customer_id)
    return insert_into(Metrics).from_select(COLUMNS, figures)


def _orders() -> Subquery:
    """The orders that count, and what was spent in each for good.

    An order whose money all went back is still a visit. One in another currency is a visit too,
    but its amount is none of the shop's: added up, 100 yen would be 100 cents.
    """
    left = col(Order.total) - _given_back()
    ours = and_(col(Order.currency) == bindparam("currency"), left > 0)
    return (
        select(
            col(Order.customer_id), col(Order.placed_at), case((ours, left), else_=0).label("spent")
        )
        .where(col(Order.customer_id).in_(CHANGED), col(Order.counts).is_(True))
        .subquery()
    )


def _given_back() -> ColumnElement[int]:
    """A refund may have come before its order; they find each other by the order's key."""
    total: ColumnElement[int] = (
        select(cast(func.coalesce(func.sum(col(Refund.total)), 0), BigInteger))
        .where(
            col(Refund.source) == col(Order.source),
            col(Refund.order_key) == col(Order.external_id),
        )
        .scalar_subquery()
    )
    return total


def _expected_back(placed: Any, count: Any) -> Any:
    """The last visit and twice the customer's own mean gap, a week at least."""
    first, last = (type_coerce(end(placed), BigInteger) for end in (func.min, func.max))
    gap = OVERDUE * (last - first) // (count - 1)
    longer = case((gap > AT_LEAST, gap), else_=AT_LEAST)
    return case((count >= RHYTHM_FROM, last + longer))
