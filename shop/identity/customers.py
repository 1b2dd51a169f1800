"""From what sources know of a person to one customer.

Which identities are one person is computed again (`shop.identity.matching`) among all customers
that a new record could concern.
The customers follow from it, made one or parted, so that the order in which records came makes
no difference.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Update,
    bindparam,
    func,
    select,
    update,
)
from sqlmodel import col

from shop.db.upsert import SOME, Row, insert_into, table_of
from shop.identity import contacts
from shop.identity.matching import Found, match
from shop.identity.merge import Merging, merge
from shop.identity.split import Parting, part
from shop.tables import Customer, Identity

LOCK = 5_245_475
FACTS = (
    "first_name", "last_name", "language", "timezone", "birthday", "email", "email_key",
    "phone_key",
)  # fmt: skip


def settle(connection: Connection, rows: Sequence[Row], *, now: datetime) -> set[int]:
    """Give each of these identities its customer, and each customer what is known of them.

    Returns the customers concerned.
    """
    ours = contacts.note(connection, rows)
    known, had = contacts.known_about(connection, ours)
    found = match(known)
    contacts.note_shared(connection, known, found, now)
    changes = _changes(connection, found, had)
    merge(connection, changes.merged, now)
    _join(connection, changes.joined)
    part(connection, changes.parted, now)
    settled = changes.concerned | {changes.whose[one] for one in ours}
    _describe(connection, settled)
    return settled


def email_key(address: str | None) -> str | None:
    """What two spellings of one address have in common."""
    return address.strip().lower() or None if address else None


def one_writer(connection: Connection) -> None:
    """Two writers must not both found a customer for one person; SQLite lets in only one."""
    if connection.dialect.name == "postgresql":
        connection.execute(_locking())


@cache
def _locking() -> Select[Any]:
    return select(func.pg_advisory_xact_lock(LOCK))


def still_here(connection: Connection, customers: Collection[int]) -> set[int]:
    """Without those who have become one with another meanwhile."""
    lots = [connection.scalars(_present(), {"some": some}) for some in contacts.in_lots(customers)]
    return {one for found in lots for one in found}


@cache
def _present() -> Select[tuple[int]]:
    table = table_of(Customer)
    return select(table.c.id).where(table.c.id.in_(SOME))


@dataclass
class Changes:
    """What must become of customers: who become one, who gets whom, who turned out to be two."""

    merged: list[Merging] = field(default_factory=list)
    joined: list[tuple[int, int]] = field(default_factory=list)  # identity, customer
    parted: list[Parting] = field(default_factory=list)
    whose: dict[int, int] = field(default_factory=dict)  # each identity's customer from now on

    @property
    def concerned(self) -> set[int]:
        kept = {one.kept for one in self.merged} | {one.left for one in self.parted}
        return kept | {customer for _, customer in self.joined}


def _changes(connection: Connection, found: Found, had: Mapping[int, int | None]) -> Changes:
    founders = _founded_by(connection, [one for one, customer in had.items() if customer])
    new = [ones[0] for ones in found.people if founders.keys().isdisjoint(ones)]
    founders |= _found(connection, new)
    changes = Changes(merged=_merged(found, founders))
    one_with = {one.gone: one.kept for one in changes.merged}
    for ones in found.people:
        customer = min(founders[one] for one in ones if one in founders)
        for one in ones:
            changes.whose[one] = customer
            before = had[one]
            before = one_with.get(before, before) if before else None
            if before != customer:
                changes.joined.append((one, customer))
                if before:
                    changes.parted.append(Parting(one, before, customer))
    return changes


def _merged(found: Found, founders: Mapping[int, int]) -> list[Merging]:
    """The oldest customer of a person stays; the others become one with it."""
    merged = []
    for ones in found.people:
        (kept, first), *others = sorted((founders[one], one) for one in ones if one in founders)
        for gone, founder in others:
            by_address = found.by_address[founder] == found.by_address[first]
            why = contacts.ADDRESS if by_address else contacts.PHONE
            merged.append(Merging(gone, kept, founder, why))
    return merged


def _founded_by(connection: Connection, identities: Collection[int]) -> dict[int, int]:
    founders: dict[int, int] = {}
    for some in contacts.in_lots(identities):
        found = connection.execute(_founders(), {"some": some})
        founders.update((row.founder, row.id) for row in found)
    return founders


@cache
def _founders() -> Select[tuple[int, int]]:
    table = table_of(Customer)
    return select(table.c.founder, table.c.id).where(table.c.founder.in_(SOME))


def _found(connection: Connection, founders: Sequence[int]) -> dict[int, int]:
    if not founders:
        return {}
    connection.execute(insert_into(Customer), [{"founder": one} for one in founders])
    return _founded_by(connection, founders)


def _join(connection: Connection, joined: Sequence[tuple[int, int]]) -> None:
    if joined:
        rows = [{"one": identity, "of": customer} for identity, customer in joined]
        connection.execute(_joining(), rows)


@cache
def _joining() -> Update:
    table = table_of(Identity)
    return update(table).where(table.c.id == bindparam("one")).values(customer_id=bindparam("of"))


def _describe(connection: Connection, customers: Collection[int]) -> None:
    """Each fact from the identity that knows it and was changed last."""
    for some in contacts.in_lots(customers):
        connection.execute(_describing(), {"some": some})


@cache
def _describing() -> Update:
    joined = select(func.min(col(Identity.joined_at))).where(_theirs()).scalar_subquery()
    known = {name: _newest(name) for name in FACTS} | {"joined_at": joined}
    return update(Customer).where(col(Customer.id).in_(SOME)).values(**known)


def _newest(name: str) -> Any:
    fact = getattr(Identity, name)
    return (
        select(fact)
        .where(_theirs(), fact.is_not(None))
        .order_by(col(Identity.version).desc(), col(Identity.source), col(Identity.external_id))
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )


def _theirs() -> ColumnElement[bool]:
    return col(Identity.customer_id) == col(Customer.id)
