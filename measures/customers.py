"""Metrics of each customer: visits, orders, amount spent, next visit due."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Delete,
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
from shop.tables import Metrics, VisitDay
from shop.types.moment import MICROSECOND

COLUMNS = (
    "customer_id", "visits", "orders", "spent", "first_visit_at", "last_visit_at",
    "expected_back_at",
)  # fmt: skip
CHANGED = changed_customers.claimed_customers(bindparam("tick"))
MIN_VISITS_FOR_RHYTHM = 4  # with fewer visits, the mean gap says little
OVERDUE_FACTOR = 2  # times the mean gap
MIN_GAP = timedelta(days=7) // MICROSECOND  # a daily customer is not overdue after two days


def refresh_metrics(connection: Connection, tick: int) -> None:
    """Recomputes the metrics of the customers claimed by `tick` from their `visit_days`."""
    connection.execute(_delete_statement(), {"tick": tick})
    connection.execute(_insert_statement(), {"tick": tick})


@cache
def _delete_statement() -> Delete:
    return delete(Metrics).where(col(Metrics.customer_id).in_(CHANGED))


@cache
def _insert_statement() -> Insert:
    first, visits = func.min(col(VisitDay.first_order_at)), func.count()
    last = func.max(func.coalesce(col(VisitDay.last_order_at), col(VisitDay.first_order_at)))
    figures = (
        select(
            col(VisitDay.customer_id),
            visits,
            func.sum(col(VisitDay.orders)),
            cast(func.sum(col(VisitDay.spent)), BigInteger),
            first,
            last,
            _expected_back(first, last, visits),
        )
        .where(col(VisitDay.customer_id).in_(CHANGED))
        .group_by(col(VisitDay.customer_id))
    )
    return insert_into(Metrics).from_select(COLUMNS, figures)


def _expected_back(first: Any, last: Any, visits: Any) -> Any:
    """Last visit plus twice the mean gap, at least a week; NULL with fewer than four visits."""
    start, end = (type_coerce(moment, BigInteger) for moment in (first, last))
    gap = OVERDUE_FACTOR * (end - start) // (visits - 1)
    until_overdue = case((gap > MIN_GAP, gap), else_=MIN_GAP)
    return case((visits >= MIN_VISITS_FOR_RHYTHM, end + until_overdue))
