"""Finding the one customer that somebody means: by address, by number, or by phone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select
from sqlmodel import col

from settings.errors import WrongUse
from shop.identity.contacts import ADDRESS, PHONE
from shop.identity.customers import email_key
from shop.identity.merge import present
from shop.tables import Contact, Customer, Identity, Merge
from shop.types.phone import phone_key


@dataclass(frozen=True)
class Was:
    """A customer who turned out to be this one."""

    number: int
    why: str  # what they had in common
    at: datetime


@dataclass(frozen=True)
class Person:
    """Who is meant."""

    number: int
    name: str | None
    email: str | None
    phone: str | None
    was: tuple[Was, ...]


def find(connection: Connection, word: str, country: str) -> Person:
    """Raises with a sentence where nobody is meant, or more than one."""
    found = _numbers(connection, word.strip(), country)
    if not found:
        raise WrongUse(f"Nothing is known of {word}. Where they are new, run: regulars sync")
    if len(found) > 1:
        numbers = " or ".join(str(one) for one in sorted(found))
        raise WrongUse(f"{word} is more than one customer. Say which by number: {numbers}.")
    return _person(connection, next(iter(found)))


def _numbers(connection: Connection, word: str, country: str) -> Collection[int]:
    if "@" in word:
        address = email_key(word)
        return _with(connection, col(Customer.email_key) == address) or _with_contact(
            connection, ADDRESS, address
        )
    if word.isascii() and word.isdigit() and len(word) < 19:
        known = present(connection, int(word))
        if known is not None:
            return [known]
    phone = phone_key(word, country)
    if phone is None:
        return []
    here = _with(connection, col(Customer.phone_key) == phone)
    return here | _with_contact(connection, PHONE, phone)


def _with(connection: Connection, which: ColumnElement[bool]) -> set[int]:
    return {one for one in connection.scalars(select(col(Customer.id)).where(which)) if one}


def _with_contact(connection: Connection, channel: str, key: str | None) -> set[int]:
    """An address or a number that they have in another source, or had before."""
    had = (
        select(col(Identity.customer_id))
        .join(Contact, col(Contact.identity_id) == col(Identity.id))
        .where(col(Contact.channel) == channel, col(Contact.key) == key)
    )
    return {one for one in connection.scalars(had) if one is not None}


def _person(connection: Connection, number: int) -> Person:
    row = connection.execute(
        select(
            col(Customer.first_name), col(Customer.last_name), col(Customer.email),
            col(Customer.phone_key),
        ).where(col(Customer.id) == number)
    ).one()  # fmt: skip
    name = " ".join(part for part in (row.first_name, row.last_name) if part)
    return Person(number, name or None, row.email, row.phone_key, _merged(connection, number))


def _merged(connection: Connection, number: int) -> tuple[Was, ...]:
    """Whoever became one with them, and with those in turn; the first first."""
    found: dict[int, Was] = {}
    latest = {number}
    while latest:
        gone = select(col(Merge.gone), col(Merge.why), col(Merge.at)).where(
            col(Merge.kept).in_(latest)
        )
        new = {one: Was(one, why, at) for one, why, at in connection.execute(gone)}
        latest = set(new) - set(found) - {number}
        found |= {one: new[one] for one in latest}
    return tuple(sorted(found.values(), key=lambda one: (one.at, one.number)))
