"""Whom a mail concerns: the customer it was written for, and whoever has its address today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import cast

from sqlalchemy import Connection, Select, select
from sqlmodel import col

from shop.people import email_key
from shop.tables import Customer, Message, SignUp

MANY = 500  # messages in one statement


def recipients(connection: Connection, message_ids: Collection[str]) -> dict[str, set[int]]:
    """By message. Two who were taken for one, and are two again, may both be meant by a no."""
    found: dict[str, set[int]] = defaultdict(set)
    ids = sorted(message_ids)
    for start in range(0, len(ids), MANY):
        some = col(Message.id).in_(ids[start : start + MANY])
        columns = (col(Message.id), col(Message.customer_id), col(Message.to_address))
        rows = connection.execute(select(*columns).where(some)).all()
        owners = _owners(connection, {key for row in rows if (key := email_key(row.to_address))})
        for row in rows:
            found[row.id].add(row.customer_id)
            found[row.id].update(owners.get(email_key(row.to_address) or "", ()))
        for sign_up, customer in connection.execute(_signed_up(ids[start : start + MANY])):
            found[sign_up].add(customer)
    return dict(found)


def _signed_up(ids: Collection[str]) -> Select[tuple[str, int]]:
    """Of a mail that only asked whether it was them: whoever has its address, if anybody has."""
    theirs = col(Customer.email_key) == col(SignUp.address_key)
    found = select(col(SignUp.id), col(Customer.id)).join(Customer, theirs)
    return cast("Select[tuple[str, int]]", found.where(col(SignUp.id).in_(ids)))


def _owners(connection: Connection, keys: Collection[str]) -> dict[str, list[int]]:
    theirs = select(col(Customer.email_key), col(Customer.id)).where(
        col(Customer.email_key).in_(keys)
    )
    found: dict[str, list[int]] = defaultdict(list)
    for key, customer in connection.execute(theirs):
        found[key].append(customer)
    return found
