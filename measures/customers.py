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
MIN_VISITS_FOR_RHYTHM = 4  # visits; with fewer, a gap is chance and no habit
OVERDUE_FACTOR = 2  # times the usual gap
MIN_GAP = timedelta(days=7) // MICROSECOND  # who comes every day is not missed on the third


def refresh_metrics(connection: Connection, tick: int, *, currency: str) -> None:
    """Work the figures out anew of the customers whose marks this tick has claimed."""
    connection.execute(_delete_statement(), {"tick": tick})
    connection.execute(_insert_statement(), {"tick": tick, "currency": currency})


@cache
def _delete_statement() -> Delete:
    return delete(Metrics).where(col(Metrics.customer_id).in_(CHANGED))


@cache
def _insert_statement() -> Insert:
    orders = _counting_orders()
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


def _counting_orders() -> Subquery:
    """The orders that count, and what was spent in each for good.

    An order whose money all went back is still a visit. One in another currency is a visit too,
    but its amount is none of the shop's: added up, 100 yen would be 100 cents.
    """
    net_total = col(Order.total) - _refunded_total()
    in_shop_currency = and_(col(Order.currency) == bindparam("currency"), net_total > 0)
    return (
        select(
            col(Order.customer_id),
            col(Order.placed_at),
            case((in_shop_currency, net_total), else_=0).label("spent"),
        )
        .where(col(Order.customer_id).in_(CHANGED), col(Order.counts).is_(True))
        .subquery()
    )


def _refunded_total() -> ColumnElement[int]:
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
    gap = OVERDUE_FACTOR * (last - first) // (count - 1)
    until_overdue = case((gap > MIN_GAP, gap), else_=MIN_GAP)
    return case((count >= MIN_VISITS_FOR_RHYTHM, last + until_overdue))
