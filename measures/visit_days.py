"""Visits by customer and day, and the sums of each day, kept by what has changed.

A visit is a customer-day: one customer, and one day of the shop's time zone on which they have an
order that counts, however many orders it was.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

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
)
from sqlmodel import col

from measures.local_day import local_day
from shop.db import changed_customers
from shop.db.cached_insert import Insert
from shop.db.upsert import insert_into
from shop.identity.visit_days import COUNTS, day_sums
from shop.tables import Order, Refund, ShopDay, ShopDayChange, VisitDay

CHANGED = changed_customers.claimed_customers(bindparam("tick"))
COLUMNS = ("customer_id", "day", "orders", "spent", "first_order_at", "last_order_at")


def refresh_visit_days(
    connection: Connection, tick: int, *, now: datetime, zone: ZoneInfo, currency: str
) -> None:
    """Recomputes the visits of the customers claimed by `tick`, with days of `zone` and amounts in
    `currency`, and adds the difference to the sums of their days.

    1. What merges have taken off is added.
    2. The stored visits of these customers are taken off their days and deleted.
    3. Their visits are computed from their orders and added to their days.
    """
    _add_merged(connection)
    parameters = {"tick": tick}
    connection.execute(_add_statement(-1), parameters)
    connection.execute(_delete_statement(), parameters)
    connection.execute(_insert_statement(zone, now.year + 1), parameters | {"currency": currency})
    connection.execute(_add_statement(1), parameters)


def _add_merged(connection: Connection) -> None:
    """Exactly the deleted rows are added: a merge may commit another one meanwhile."""
    removed = connection.execute(_take_changes()).all()
    if removed:
        rows = [dict(row._mapping) for row in sorted(removed, key=lambda row: row.day)]
        connection.execute(_add_row_statement(), rows)


@cache
def _take_changes() -> Any:
    columns = [getattr(ShopDayChange, name) for name in ("day", *COUNTS)]
    return delete(ShopDayChange).returning(*(col(column) for column in columns))


@cache
def _add_statement(sign: int) -> Insert:
    sums = day_sums(col(VisitDay.customer_id).in_(CHANGED), sign)
    return _adding(insert_into(ShopDay).from_select(["day", *COUNTS], sums))


@cache
def _add_row_statement() -> Insert:
    return _adding(insert_into(ShopDay))


def _adding(statement: Insert) -> Insert:
    excluded = statement.excluded
    sums = {name: col(getattr(ShopDay, name)) + excluded[name] for name in COUNTS}
    return statement.on_conflict_do_update(index_elements=["day"], set_=sums)


@cache
def _delete_statement() -> Delete:
    return delete(VisitDay).where(col(VisitDay.customer_id).in_(CHANGED))


@cache
def _insert_statement(zone: ZoneInfo, until: int) -> Insert:
    orders = _counting_orders(zone, until)
    first, last = func.min(orders.c.placed_at), func.max(orders.c.placed_at)
    days = select(
        orders.c.customer_id,
        orders.c.day,
        func.count(),
        cast(func.sum(orders.c.spent), BigInteger),
        first,
        case((last > first, last)),
    ).group_by(orders.c.customer_id, orders.c.day)
    return insert_into(VisitDay).from_select(COLUMNS, days)


def _counting_orders(zone: ZoneInfo, until: int) -> Subquery:
    """Orders that make a visit, with the amount spent net of refunds.

    A fully refunded order is still a visit. An order in another currency is a visit without an
    amount: 100 yen must not be added as 100 cents.
    """
    net_total = col(Order.total) - _refunded_total()
    in_shop_currency = and_(col(Order.currency) == bindparam("currency"), net_total > 0)
    return (
        select(
            col(Order.customer_id),
            col(Order.placed_at),
            local_day("orders.placed_at", zone, until).label("day"),
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
