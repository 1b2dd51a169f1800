"""Points: entries, and the lots and balances computed from them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from shop.types.moment import Moment


class PointsEntry(SQLModel, table=True):
    """One change of a customer's points; append-only."""

    __tablename__ = "points_entries"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("points_of_customer", "customer_id", "at", "id"),
        Index("points_without_customer", "customer_source", "customer_key",
              sqlite_where=text("customer_id IS NULL AND customer_key IS NOT NULL"),
              postgresql_where=text("customer_id IS NULL AND customer_key IS NOT NULL")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    source: str  # the source that runs the programme, or regulars
    external_id: str
    customer_source: str
    customer_key: str | None = None
    customer_id: int | None = Field(default=None, foreign_key="customers.id")
    kind: str  # earned, spent, expired, reversed, adjusted
    points: int = Field(sa_type=BigInteger)  # negative where points are taken
    at: datetime = Field(sa_type=Moment, index=True)
    expires_at: datetime | None = Field(default=None, sa_type=Moment)
    order_source: str | None = None
    order_key: str | None = None
    version: int = Field(sa_type=BigInteger)


class PointsLot(SQLModel, table=True):
    """What is left of the points of one entry; computed from the entries."""

    __tablename__ = "points_lots"

    entry_id: int = Field(primary_key=True, foreign_key="points_entries.id")
    customer_id: int = Field(foreign_key="customers.id", index=True)
    earned_at: datetime = Field(sa_type=Moment)
    expires_at: datetime | None = Field(default=None, sa_type=Moment, index=True)
    left: int = Field(sa_type=BigInteger)


class PointsBalance(SQLModel, table=True):
    """The sum of a customer's entries; negative where more was taken back than was left."""

    __tablename__ = "points_balances"

    customer_id: int = Field(primary_key=True, foreign_key="customers.id")
    balance: int = Field(sa_type=BigInteger)
