"""Takes the visits of merged customers off the days they were counted on."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, case, cast, func, select
from sqlmodel import col

from shop.db.cached_insert import Insert
from shop.db.upsert import IN_VALUES, insert_into
from shop.tables import ShopDayChange, VisitDay

COUNTS = ("visits", "first_visits", "orders", "spent")


def subtract_visit_days(connection: Connection, customer_ids: Collection[int]) -> None:
    """Writes what the visits of `customer_ids` add to each day as negative `shop_day_changes`, in
    the transaction that deletes these visits.
    """
    connection.execute(_subtract_statement(), {"values": list(customer_ids)})


def day_sums(customers: ColumnElement[bool], sign: int) -> Select[Any]:
    """Selects what the visits of `customers` (a condition on `visit_days`) add to each day, times
    `sign`: day, visits, first visits, orders and the amount spent.
    """
    days = (
        select(
            col(VisitDay.customer_id),
            col(VisitDay.day),
            col(VisitDay.orders),
            col(VisitDay.spent),
            func.min(col(VisitDay.day)).over(partition_by=col(VisitDay.customer_id)).label("first"),
        )
        .where(customers)
        .subquery()
    )
    is_first = case((days.c.day == days.c.first, 1), else_=0)
    return select(
        days.c.day,
        sign * func.count(),
        sign * func.sum(is_first),
        sign * func.sum(days.c.orders),
        cast(sign * func.sum(days.c.spent), BigInteger),
    ).group_by(days.c.day)


@cache
def _subtract_statement() -> Insert:
    sums = day_sums(col(VisitDay.customer_id).in_(IN_VALUES), -1)
    return insert_into(ShopDayChange).from_select(["day", *COUNTS], sums)
