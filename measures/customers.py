"""Metrics of each customer from their orders: visits, amount spent, next visit due."""

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
MIN_VISITS_FOR_RHYTHM = 4  # with fewer visits, the mean gap says little
OVERDUE_FACTOR = 2  # times the mean gap
MIN_GAP = timedelta(days=7) // MICROSECOND  # a daily customer is not overdue after two days


def refresh_metrics(connection: Connection, tick: int, *, currency: str) -> None:
    """Recomputes the metrics of the customers claimed by `tick`; amounts in `currency` only."""
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
    """Orders that count as a visit, with the amount spent net of refunds.

    A fully refunded order is still a visit. An order in another currency is a visit without an
    amount: 100 yen must not be added as 100 cents.
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
    """The sum of an order's refunds, joined by key: a refund may arrive before its order."""
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
    """Last visit plus twice the mean gap, at least a week; NULL with fewer than four visits."""
    first, last = (type_coerce(end(placed), BigInteger) for end in (func.min, func.max))
    gap = OVERDUE_FACTOR * (last - first) // (count - 1)
    until_overdue = case((gap > MIN_GAP, gap), else_=MIN_GAP)
    return case((count >= MIN_VISITS_FOR_RHYTHM, last + until_overdue))
