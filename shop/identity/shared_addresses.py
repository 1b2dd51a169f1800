"""Addresses that carry more than one person can have: typed for customers without one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, select
from sqlmodel import col

from shop.identity.contacts import EMAIL_CHANNEL
from shop.identity.match import MAX_CLAIMS
from shop.tables import Contact, Identity, Order, Suppression

MANY_PURCHASES = 50
MAX_LISTED = 5


@dataclass(frozen=True)
class SharedAddress:
    """An address with very many purchases within `days`, or very many records, of one source."""

    address: str
    purchases: int = 0
    days: int = 0
    records: int = 0


def load_shared_addresses(connection: Connection, source: str) -> list[SharedAddress]:
    """Returns addresses with at least `MANY_PURCHASES` purchases at `source`, more than one a day,
    or in more than `MAX_CLAIMS` of its records; those to which nothing goes are left out.
    """
    parameters = {"source": source}
    return [
        *_with_many_purchases(connection, parameters),
        *(
            SharedAddress(row.key, records=row.records)
            for row in connection.execute(_records_query(), parameters)
        ),
    ][:MAX_LISTED]


def _with_many_purchases(
    connection: Connection, parameters: dict[str, str]
) -> Iterator[SharedAddress]:
    for row in connection.execute(_purchases_query(), parameters):
        days = (row.newest - row.oldest).days + 1
        if row.purchases > days:
            yield SharedAddress(row.email_key, row.purchases, days)


@cache
def _purchases_query() -> Select[Any]:
    buyer = and_(
        col(Identity.source) == col(Order.customer_source),
        col(Identity.external_id) == col(Order.customer_key),
    )
    purchases = func.count(col(Order.id))
    return (
        select(
            col(Identity.email_key),
            purchases.label("purchases"),
            func.min(col(Order.placed_at)).label("oldest"),
            func.max(col(Order.placed_at)).label("newest"),
        )
        .join(Identity, buyer)
        .where(
            col(Order.source) == bindparam("source"),
            col(Order.counts).is_(True),
            col(Identity.email_key).is_not(None),
            col(Identity.email_key).not_in(_suppressed_addresses()),
        )
        .group_by(col(Identity.email_key))
        .having(purchases >= MANY_PURCHASES)
        .order_by(purchases.desc(), col(Identity.email_key))
        .limit(MAX_CLAIMS)
    )


@cache
def _records_query() -> Select[Any]:
    records = func.count(col(Contact.identity_id))
    return (
        select(col(Contact.key), records.label("records"))
        .join(Identity, col(Identity.id) == col(Contact.identity_id))
        .where(
            col(Contact.channel) == EMAIL_CHANNEL,
            col(Identity.source) == bindparam("source"),
            col(Contact.key).not_in(_suppressed_addresses()),
        )
        .group_by(col(Contact.key))
        .having(records > MAX_CLAIMS)
        .order_by(records.desc(), col(Contact.key))
        .limit(MAX_LISTED)
    )


def _suppressed_addresses() -> Select[tuple[str]]:
    return select(col(Suppression.address)).where(col(Suppression.lifted_at).is_(None))
