"""The kinds of data that a shop's database holds."""

from __future__ import annotations

from sqlalchemy import Engine, Select, select
from sqlmodel import col

from shop.consent.basis import UNDATED, ConsentValue
from shop.db.engine import read_transaction
from shop.tables import (
    Answer,
    BasisStatement,
    Cart,
    Customer,
    Identity,
    Order,
    PointsEntry,
)
from shop.types.feed import Feed


def stored_feeds(engine: Engine) -> set[Feed] | None:
    """Returns the kinds of data of which a customer has a row; None while there is no customer."""
    with read_transaction(engine) as connection:
        if connection.scalar(select(col(Customer.id)).limit(1)) is None:
            return None
        return {
            feed
            for feed, query in _queries().items()
            if connection.scalar(query.limit(1)) is not None
        }


def _queries() -> dict[Feed, Select[tuple[int | None]]]:
    opt_in = select(col(BasisStatement.id)).where(
        col(BasisStatement.says) == ConsentValue.YES.value,
        col(BasisStatement.said_at) > UNDATED,
        col(BasisStatement.customer_id).is_not(None),
    )
    return {
        Feed.ORDERS: _of_customers(Order),
        Feed.CARTS: _of_customers(Cart),
        Feed.ANSWERS: _of_customers(Answer),
        Feed.POINTS: _of_customers(PointsEntry),
        Feed.ENDING_POINTS: _of_customers(PointsEntry).where(
            col(PointsEntry.expires_at).is_not(None)
        ),
        Feed.BIRTHDAYS: select(col(Customer.id)).where(col(Customer.birthday).is_not(None)),
        Feed.OPT_INS: opt_in,
        Feed.TAGS: select(col(Identity.id)).where(col(Identity.tag_keys) != ""),
    }


def _of_customers(
    table: type[Order] | type[Cart] | type[Answer] | type[PointsEntry],
) -> Select[tuple[int | None]]:
    return select(col(table.id)).where(col(table.customer_id).is_not(None))
