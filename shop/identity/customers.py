"""Resolves the identities of the sources to customers.

Which identities are one person is computed again (`shop.identity.match`) among all that a new
record could concern, and customers are merged or split accordingly. So the order in which records
arrive makes no difference.
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

from settings.email_address import address_key
from shop.db.binary_order import BinaryOrder
from shop.db.upsert import IN_VALUES, Row, insert_into, table_of
from shop.identity import contacts
from shop.identity.match import MatchResult, match_identities
from shop.identity.merge import CustomerMerge, merge_customers
from shop.identity.search_index import update_search_words
from shop.identity.split import IdentitySplit, split_customers
from shop.tables import Customer, Identity

IDENTITY_LOCK = 5_245_475
FACTS = (
    "first_name", "last_name", "language", "timezone", "birthday", "email", "email_key",
    "phone_key",
)  # fmt: skip

# A value of a source that a later reading of the same record takes back. NULL would keep the value.
WITHDRAWN = ""


def resolve_customers(connection: Connection, rows: Sequence[Row], *, now: datetime) -> set[int]:
    """Gives each identity of `rows` its customer, and each customer the facts of their identities.

    1. The contacts of the identities are stored.
    2. All identities connected by contacts are matched to people.
    3. Customers are created, merged, split and reassigned to follow the people.
    4. The facts of every affected customer are updated, and the words that find them.

    Returns the ids of the affected customers.
    """
    identity_ids = contacts.record_contacts(connection, rows)
    connected, previous_owners = contacts.load_connected(connection, identity_ids)
    matches = match_identities(connected)
    contacts.record_shared_phones(connection, connected, matches, now)
    changes = _plan_changes(connection, matches, previous_owners)
    merge_customers(connection, changes.merges, now)
    _assign_identities(connection, changes.assignments)
    split_customers(connection, changes.splits, now)
    affected = changes.affected | {changes.customer_of[identity_id] for identity_id in identity_ids}
    _update_facts(connection, affected)
    update_search_words(connection, affected)
    return affected


def email_key(address: str | None) -> str | None:
    """Returns what spellings of one `address` have in common; None where there is none."""
    return address_key(address) if address else None


def lock_identity_writes(connection: Connection) -> None:
    """Keeps two writers from creating two customers for one person; SQLite has one writer only."""
    if connection.dialect.name == "postgresql":
        connection.execute(_lock_query())


@cache
def _lock_query() -> Select[Any]:
    return select(func.pg_advisory_xact_lock(IDENTITY_LOCK))


def still_existing(connection: Connection, customer_ids: Collection[int]) -> set[int]:
    """Returns those of `customer_ids` that have not been merged into another."""
    batches = [
        connection.scalars(_existing_query(), {"values": batch})
        for batch in contacts.in_batches(customer_ids)
    ]
    return {customer_id for existing_ids in batches for customer_id in existing_ids}


@cache
def _existing_query() -> Select[tuple[int]]:
    table = table_of(Customer)
    return select(table.c.id).where(table.c.id.in_(IN_VALUES))


@dataclass
class CustomerChanges:
    """What has to change: merges, identities with another customer, and splits."""

    merges: list[CustomerMerge] = field(default_factory=list)
    assignments: list[tuple[int, int]] = field(default_factory=list)  # identity id, customer id
    splits: list[IdentitySplit] = field(default_factory=list)
    customer_of: dict[int, int] = field(default_factory=dict)  # the new customer of each identity

    @property
    def affected(self) -> set[int]:
        remaining = {change.kept_id for change in self.merges} | {
            change.old_customer for change in self.splits
        }
        return remaining | {customer for _, customer in self.assignments}


def _plan_changes(
    connection: Connection, matches: MatchResult, previous_owners: Mapping[int, int | None]
) -> CustomerChanges:
    """Compares the people of `matches` with the customers that identities have so far.

    1. A person without a customer gets a new one.
    2. A person with several customers keeps the oldest; the others are merged into it.
    3. An identity with another customer than its person's is reassigned: a split.
    """
    founders = _customers_by_founder(
        connection, [identity_id for identity_id, customer in previous_owners.items() if customer]
    )
    new_founders = [
        identity_ids[0]
        for identity_ids in matches.people
        if founders.keys().isdisjoint(identity_ids)
    ]
    founders |= _create_customers(connection, new_founders)
    changes = CustomerChanges(merges=_plan_merges(matches, founders))
    merged_into = {identity_id.merged_id: identity_id.kept_id for identity_id in changes.merges}
    for identity_ids in matches.people:
        customer = min(
            founders[identity_id] for identity_id in identity_ids if identity_id in founders
        )
        for identity_id in identity_ids:
            changes.customer_of[identity_id] = customer
            previous = previous_owners[identity_id]
            previous = merged_into.get(previous, previous) if previous else None
            if previous != customer:
                changes.assignments.append((identity_id, customer))
                if previous:
                    changes.splits.append(IdentitySplit(identity_id, previous, customer))
    return changes


def _plan_merges(matches: MatchResult, founders: Mapping[int, int]) -> list[CustomerMerge]:
    """The oldest customer of a person stays; the others are merged into it."""
    merges = []
    for identity_ids in matches.people:
        (kept_id, oldest_founder), *duplicates = sorted(
            (founders[identity_id], identity_id)
            for identity_id in identity_ids
            if identity_id in founders
        )
        for merged_id, founder in duplicates:
            by_address = matches.by_address[founder] == matches.by_address[oldest_founder]
            reason = contacts.EMAIL_CHANNEL if by_address else contacts.PHONE_CHANNEL
            merges.append(CustomerMerge(merged_id, kept_id, founder, reason))
    return merges


def _customers_by_founder(connection: Connection, identities: Collection[int]) -> dict[int, int]:
    founders: dict[int, int] = {}
    for batch in contacts.in_batches(identities):
        rows = connection.execute(_founders_query(), {"values": batch})
        founders.update((row.founder, row.id) for row in rows)
    return founders


@cache
def _founders_query() -> Select[tuple[int, int]]:
    table = table_of(Customer)
    return select(table.c.founder, table.c.id).where(table.c.founder.in_(IN_VALUES))


def _create_customers(connection: Connection, founders: Sequence[int]) -> dict[int, int]:
    if not founders:
        return {}
    connection.execute(insert_into(Customer), [{"founder": founder} for founder in founders])
    return _customers_by_founder(connection, founders)


def _assign_identities(connection: Connection, assignments: Sequence[tuple[int, int]]) -> None:
    if assignments:
        rows = [{"identity": identity, "owner": customer} for identity, customer in assignments]
        connection.execute(_assign_query(), rows)


@cache
def _assign_query() -> Update:
    table = table_of(Identity)
    return (
        update(table)
        .where(table.c.id == bindparam("identity"))
        .values(customer_id=bindparam("owner"))
    )


def _update_facts(connection: Connection, customer_ids: Collection[int]) -> None:
    """Each fact is taken from the identity that knows it and was changed last."""
    for batch in contacts.in_batches(customer_ids):
        connection.execute(_facts_query(), {"values": batch})


@cache
def _facts_query() -> Update:
    first_joined = (
        select(func.min(col(Identity.joined_at))).where(_identity_of_customer()).scalar_subquery()
    )
    new_values = {name: _newest_value(name) for name in FACTS} | {"joined_at": first_joined}
    return update(Customer).where(col(Customer.id).in_(IN_VALUES)).values(**new_values)


def _newest_value(name: str) -> Any:
    fact = getattr(Identity, name)
    return (
        select(fact)
        .where(_identity_of_customer(), fact != WITHDRAWN)
        .order_by(
            col(Identity.version).desc(),
            BinaryOrder(col(Identity.source)),
            BinaryOrder(col(Identity.external_id)),
        )
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )


def _identity_of_customer() -> ColumnElement[bool]:
    return col(Identity.customer_id) == col(Customer.id)
