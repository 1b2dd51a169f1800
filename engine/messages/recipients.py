"""The customers a mail concerns: its recipient, and all who have or had its address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, select
from sqlmodel import col

from shop.db.upsert import IN_VALUES
from shop.identity.contacts import EMAIL_CHANNEL
from shop.identity.customers import email_key
from shop.tables import Contact, Identity, Message, SignUp

BATCH_SIZE = 500  # messages per statement


def load_recipients(connection: Connection, message_ids: Collection[str]) -> dict[str, set[int]]:
    """Returns customer ids by message id: after a split an opt-out may concern both customers."""
    customer_ids: dict[str, set[int]] = defaultdict(set)
    ids = sorted(message_ids)
    for start in range(0, len(ids), BATCH_SIZE):
        parameters = {"values": ids[start : start + BATCH_SIZE]}
        rows = connection.execute(_addresses_query(), parameters).all()
        customers_by_address = _customers_by_address(
            connection, {key for row in rows if (key := email_key(row.to_address))}
        )
        for row in rows:
            customer_ids[row.id].add(row.customer_id)
            customer_ids[row.id].update(
                customers_by_address.get(email_key(row.to_address) or "", ())
            )
        for sign_up, customer_id in connection.execute(_sign_ups_query(), parameters):
            customer_ids[sign_up].add(customer_id)
    return dict(customer_ids)


@cache
def _addresses_query() -> Select[tuple[str, int, str | None]]:
    columns = (col(Message.id), col(Message.customer_id), col(Message.to_address))
    return select(*columns).where(col(Message.id).in_(IN_VALUES))


@cache
def _sign_ups_query() -> Select[tuple[str, int | None]]:
    """A confirmation mail has no customer yet: it concerns the customer with its address, if there
    is one.
    """
    has_address = and_(
        col(Contact.channel) == EMAIL_CHANNEL, col(Contact.key) == col(SignUp.address_key)
    )
    query = select(col(SignUp.id), col(Identity.customer_id)).join(Contact, has_address)
    of_customer = query.join(Identity, col(Identity.id) == col(Contact.identity_id))
    return of_customer.where(col(SignUp.id).in_(IN_VALUES), col(Identity.customer_id).is_not(None))


def _customers_by_address(connection: Connection, keys: Collection[str]) -> dict[str, list[int]]:
    customer_ids: dict[str, list[int]] = defaultdict(list)
    for key, customer_id in connection.execute(
        _customers_by_address_query(), {"values": list(keys)}
    ):
        customer_ids[key].append(customer_id)
    return customer_ids


@cache
def _customers_by_address_query() -> Select[Any]:
    query = select(col(Contact.key), col(Identity.customer_id))
    return query.join(Identity, col(Identity.id) == col(Contact.identity_id)).where(
        col(Contact.channel) == EMAIL_CHANNEL,
        col(Contact.key).in_(IN_VALUES),
        col(Identity.customer_id).is_not(None),
    )
