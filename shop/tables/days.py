"""Visits by customer and day, and what is counted for each day of the shop.

A day is a date in the shop's time zone, stored as `date.toordinal`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from shop.types.moment import Moment


class VisitDay(SQLModel, table=True):
    """One visit: a customer, and a day on which they have an order that counts."""

    __tablename__ = "visit_days"
    __table_args__ = (Index("visit_days_by_day", "day"), {"sqlite_with_rowid": False})

    customer_id: int = Field(primary_key=True, foreign_key="customers.id")
    day: int = Field(primary_key=True)
    orders: int
    spent: int = Field(sa_type=BigInteger)  # net of refunds, in the shop's currency
    first_order_at: datetime = Field(sa_type=Moment)
    last_order_at: datetime | None = Field(default=None, sa_type=Moment)  # NULL with one order


class ShopDay(SQLModel, table=True):
    """The sums of `visit_days` of one day; ticks keep them by adding what has changed."""

    __tablename__ = "shop_days"

    day: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    visits: int
    first_visits: int  # of customers without an earlier visit
    orders: int
    spent: int = Field(sa_type=BigInteger)


class ShopDayChange(SQLModel, table=True):
    """What a merge has taken off a day: the next tick adds it to `shop_days`.

    Rows are only added: a merge must not wait for a tick that holds the days.
    """

    __tablename__ = "shop_day_changes"

    id: int | None = Field(default=None, primary_key=True)
    day: int
    visits: int
    first_visits: int
    orders: int
    spent: int = Field(sa_type=BigInteger)


class ReachDay(SQLModel, table=True):
    """How many customers could be mailed on a day, as the day's last tick counted."""

    __tablename__ = "reach_days"

    day: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    counted_at: datetime = Field(sa_type=Moment)
    known: int
    reachable: int
    no: int
