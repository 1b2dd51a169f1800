"""Whom a mail concerns: the customer it was written for, and whoever has its address today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlmodel import col

from shop.db.upsert import SOME
from shop.identity.customers import email_key
from shop.tables import Customer, Message, SignUp

MANY = 500  # messages in one statement


def recipients(connection: Connection, message_ids: Collection[str]) -> dict[str, set[int]]:
    """By message. Two who were taken for one, and are two again, may both be meant by a no."""
    found: dict[str, set[int]] = defaultdict(set)
    ids = sorted(message_ids)
    for start in range(0, len(ids), MANY):
        some = {"some": ids[start : start + MANY]}
        rows = connection.execute(_sent_to(), some).all()
        owners = _owners(connection, {key for row in rows if (key := email_key(row.to_address))})
        for row in rows:
            found[row.id].add(row.customer_id)
            found[row.id].update(owners.get(email_key(row.to_address) or "", ()))
        for sign_up, customer in connection.execute(_signed_up(), some):
            found[sign_up].add(customer)
    return dict(found)


@cache
def _sent_to() -> Select[tuple[str, int, str | None]]:
    columns = (col(Message.id), col(Message.customer_id), col(Message.to_address))
    return select(*columns).where(col(Message.id).in_(SOME))


@cache
def _signed_up() -> Select[tuple[str, int | None]]:
    """Of a mail that only asked whether it was them: whoever has its address, if anybody has."""
    theirs = col(Customer.email_key) == col(SignUp.address_key)
    found = select(col(SignUp.id), col(Customer.id)).join(Customer, theirs)
    return found.where(col(SignUp.id).in_(SOME))


def _owners(connection: Connection, keys: Collection[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for key, customer in connection.execute(_owning(), {"some": list(keys)}):
        found[key].append(customer)
    return found


@cache
def _owning() -> Select[Any]:
    owning = select(col(Customer.email_key), col(Customer.id))
    return owning.where(col(Customer.email_key).in_(SOME))
