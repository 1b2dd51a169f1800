"""Orders, carts, bookings, refunds and survey answers, and the metrics of a customer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shop.types.moment import Moment


class Order(SQLModel, table=True):
    """An order, at the till or online."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("orders_of_customer", "customer_id", "placed_at"),
        Index("orders_without_customer", "customer_source", "customer_key",
              sqlite_where=text("customer_id IS NULL AND customer_key IS NOT NULL"),
              postgresql_where=text("customer_id IS NULL AND customer_key IS NOT NULL")),
        Index("orders_ahead", "counts_from", sqlite_where=text("counts_from IS NOT NULL"),
              postgresql_where=text("counts_from IS NOT NULL")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    source: str
    external_id: str
    customer_source: str  # the source whose identities `customer_key` names
    customer_key: str | None = None
    customer_id: int | None = Field(default=None, foreign_key="customers.id")
    placed_at: datetime = Field(sa_type=Moment)
    total: int = Field(sa_type=BigInteger)
    currency: str
    channel: str  # till, online
    counts: bool = True  # false for cancelled, unpaid, empty and test orders
    # Placed, and still to be paid: no visit, but who waited for an order has one.
    awaits_payment: bool = False
    # Of an order that is dated ahead: it does not count before.
    counts_from: datetime | None = Field(default=None, sa_type=Moment)
    version: int = Field(sa_type=BigInteger)


class OrderLine(SQLModel, table=True):
    """One product of an order."""

    __tablename__ = "order_lines"

    source: str = Field(primary_key=True)
    order_key: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    title: str
    product_key: str | None = None
    quantity: int
    total: int = Field(sa_type=BigInteger)
    category: str | None = None  # as the source names it
    version: int = Field(sa_type=BigInteger)


class OrderCoupon(SQLModel, table=True):
    """One coupon code used in an order, and what it took off."""

    __tablename__ = "order_coupons"

    source: str = Field(primary_key=True)
    order_key: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    code: str  # as the platform writes it
    discount: int = Field(sa_type=BigInteger)
    version: int = Field(sa_type=BigInteger)


class Cart(SQLModel, table=True):
    """A cart that was left or bought."""

    __tablename__ = "carts"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("carts_of_customer", "customer_id"),
        Index("carts_open", "left_at", sqlite_where=text("converted_at IS NULL"),
              postgresql_where=text("converted_at IS NULL")),
        Index("carts_without_customer", "customer_source", "customer_key",
              sqlite_where=text("customer_id IS NULL AND customer_key IS NOT NULL"),
              postgresql_where=text("customer_id IS NULL AND customer_key IS NOT NULL")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    source: str
    external_id: str
    customer_source: str
    customer_key: str | None = None
    customer_id: int | None = Field(default=None, foreign_key="customers.id")
    # An order from then on answers it; NULL where the source does not say when.
    created_at: datetime | None = Field(default=None, sa_type=Moment)
    left_at: datetime = Field(sa_type=Moment)  # last changed by the customer
    converted_at: datetime | None = Field(default=None, sa_type=Moment)
    total: int = Field(sa_type=BigInteger)
    currency: str
    url: str | None = None  # the platform's link back to the cart
    version: int = Field(sa_type=BigInteger)


class CartLine(SQLModel, table=True):
    """One product in a cart."""

    __tablename__ = "cart_lines"

    source: str = Field(primary_key=True)
    cart_key: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    title: str
    product_key: str | None = None
    picture: str | None = None
    quantity: int
    total: int = Field(sa_type=BigInteger)
    version: int = Field(sa_type=BigInteger)


class Refund(SQLModel, table=True):
    """Money paid back; its order may arrive later."""

    __tablename__ = "refunds"
    __table_args__ = (UniqueConstraint("source", "external_id"),)

    id: int | None = Field(default=None, primary_key=True)
    source: str
    external_id: str
    order_key: str = Field(index=True)
    refunded_at: datetime = Field(sa_type=Moment)
    total: int = Field(sa_type=BigInteger)
    version: int = Field(sa_type=BigInteger)


class Booking(SQLModel, table=True):
    """An appointment."""

    __tablename__ = "bookings"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("bookings_of_customer", "customer_id", "starts_at"),
        Index("bookings_without_customer", "customer_source", "customer_key",
              sqlite_where=text("customer_id IS NULL AND customer_key IS NOT NULL"),
              postgresql_where=text("customer_id IS NULL AND customer_key IS NOT NULL")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    source: str
    external_id: str
    customer_source: str
    customer_key: str | None = None
    customer_id: int | None = Field(default=None, foreign_key="customers.id")
    made_at: datetime = Field(sa_type=Moment)
    starts_at: datetime = Field(sa_type=Moment, index=True)
    status: str  # booked, kept, missed, cancelled
    version: int = Field(sa_type=BigInteger)


class Answer(SQLModel, table=True):
    """An answer to a survey."""

    __tablename__ = "answers"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("answers_of_customer", "customer_id", "answered_at"),
        Index("answers_without_customer", "customer_source", "customer_key",
              sqlite_where=text("customer_id IS NULL AND customer_key IS NOT NULL"),
              postgresql_where=text("customer_id IS NULL AND customer_key IS NOT NULL")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    source: str
    external_id: str
    customer_source: str
    customer_key: str | None = None
    customer_id: int | None = Field(default=None, foreign_key="customers.id")
    answered_at: datetime = Field(sa_type=Moment, index=True)
    csat: int | None = None  # 1 to 5
    nps: int | None = None  # 0 to 10
    words: str | None = None
    survey: str | None = None
    version: int = Field(sa_type=BigInteger)


class Metrics(SQLModel, table=True):
    """What is computed from the orders of one customer."""

    __tablename__ = "metrics"
    __table_args__ = (
        Index("metrics_by_spent", "spent"),
        Index("metrics_overdue", "expected_back_at", "visits"),
    )

    customer_id: int = Field(primary_key=True, foreign_key="customers.id")
    visits: int  # customer-days
    orders: int
    spent: int = Field(sa_type=BigInteger)
    first_visit_at: datetime | None = Field(default=None, sa_type=Moment)
    last_visit_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    # When a visit was due by the customer's rhythm; NULL without a rhythm.
    expected_back_at: datetime | None = Field(default=None, sa_type=Moment)
