"""The e-mail addresses and phone numbers by which identities are recognised."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Select,
    and_,
    bindparam,
    delete,
    or_,
    select,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from shop.db.cached_insert import Insert
from shop.db.upsert import IN_VALUES, Row, insert_into, insert_missing, table_of
from shop.identity.match import TOO_MANY, IdentityContacts, MatchResult, normalized_name
from shop.tables import Contact, Identity, SharedPhone

EMAIL_CHANNEL, PHONE_CHANNEL = "e-mail", "phone"
BATCH_SIZE = 5_000  # both databases limit the parameters of a statement


def record_contacts(connection: Connection, rows: Sequence[Row]) -> set[int]:
    """Stores every address and number of `rows` for good; returns the ids of their identities."""
    ids = _identity_ids(connection, rows)
    contacts = {
        (ids[row["source"], row["external_id"]], channel, row[column]): None
        for row in rows
        for channel, column in ((EMAIL_CHANNEL, "email_key"), (PHONE_CHANNEL, "phone_key"))
        if row[column]
    }
    new_rows = [
        {"identity_id": identity_id, "channel": channel, "key": key}
        for identity_id, channel, key in contacts
    ]
    insert_missing(connection, Contact, new_rows)
    return set(ids.values())


def load_connected(
    connection: Connection, identity_ids: set[int]
) -> tuple[list[IdentityContacts], dict[int, int | None]]:
    """Returns all identities that shared contacts connect to `identity_ids`.

    Also returns the customer that each of them has so far, by identity id.
    """
    contacts: dict[tuple[int, str], set[str]] = defaultdict(set)
    identity_rows: list[Any] = []
    for batch in in_batches(_connected_identities(connection, identity_ids)):
        for identity_id, channel, key in connection.execute(_contacts_query(), {"values": batch}):
            contacts[identity_id, channel].add(key)
        identity_rows += connection.execute(_identities_query(), {"values": batch}).all()
    identities = [
        IdentityContacts(
            id=row.id,
            name=normalized_name(row.first_name, row.last_name),
            addresses=frozenset(contacts[row.id, EMAIL_CHANNEL]),
            phones=frozenset(contacts[row.id, PHONE_CHANNEL]),
        )
        for row in identity_rows
    ]
    return identities, {row.id: row.customer_id for row in identity_rows}


def record_shared_phones(
    connection: Connection,
    identities: Sequence[IdentityContacts],
    matches: MatchResult,
    now: datetime,
) -> None:
    """Stores the numbers that connect no identities, for the owner; deletes those that do again."""
    unshared_phones = {phone for identity in identities for phone in identity.phones} - set(
        matches.shared
    )
    for batch in in_batches(unshared_phones):
        connection.execute(_forget_shared_query(), {"values": batch})
    rows = [
        {"phone_key": key, "why": reason, "seen_at": now} for key, reason in matches.shared.items()
    ]
    if rows:
        connection.execute(_shared_phones_query(), rows)


def in_batches(ids: Collection[Any]) -> Iterator[list[Any]]:
    """Yields `ids` sorted, in lists that fit into one statement."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), BATCH_SIZE):
        yield ordered[start : start + BATCH_SIZE]


def _identity_ids(connection: Connection, rows: Sequence[Row]) -> dict[tuple[str, str], int]:
    """The ids of the identities of `rows`, by source and external id."""
    keys = {(row["source"], row["external_id"]) for row in rows}
    parameters = {
        "sources": list({source for source, _ in keys}),
        "values": list({key for _, key in keys}),
    }
    ids = {
        (source, key): identity_id
        for source, key, identity_id in connection.execute(_identity_ids_query(), parameters)
    }
    return {key: ids[key] for key in keys}


def _connected_identities(connection: Connection, identity_ids: set[int]) -> set[int]:
    """The transitive closure of "shares an address or a number with"."""
    connected, latest = set(identity_ids), identity_ids
    while latest:
        neighbour_batches = [
            connection.scalars(_sharing_query(), {"values": batch}) for batch in in_batches(latest)
        ]
        latest = {
            identity_id for neighbours in neighbour_batches for identity_id in neighbours
        } - connected
        connected |= latest
    return connected


@cache
def _identity_ids_query() -> Select[tuple[str, str, int]]:
    table = table_of(Identity)
    return select(table.c.source, table.c.external_id, table.c.id).where(
        table.c.source.in_(bindparam("sources", expanding=True)),
        table.c.external_id.in_(IN_VALUES),
    )


@cache
def _sharing_query() -> Select[tuple[int]]:
    contact, shared_contact = aliased(Contact), aliased(Contact)
    same_contact = and_(
        col(contact.channel) == col(shared_contact.channel),
        col(contact.key) == col(shared_contact.key),
    )
    return (
        select(col(shared_contact.identity_id))
        .join_from(contact, shared_contact, same_contact)
        .where(col(contact.identity_id).in_(IN_VALUES), _identifies(contact))
        .distinct()
    )


@cache
def _contacts_query() -> Select[tuple[int, str, str]]:
    columns = select(col(Contact.identity_id), col(Contact.channel), col(Contact.key))
    of_identities = col(Contact.identity_id).in_(IN_VALUES)
    return columns.where(of_identities, _identifies(Contact))


@cache
def _identities_query() -> Select[Any]:
    table = table_of(Identity)
    columns = (table.c[name] for name in ("id", "customer_id", "first_name", "last_name"))
    return select(*columns).where(table.c.id.in_(IN_VALUES))


@cache
def _forget_shared_query() -> Delete:
    return delete(SharedPhone).where(col(SharedPhone.phone_key).in_(IN_VALUES))


@cache
def _shared_phones_query() -> Insert:
    statement = insert_into(SharedPhone)
    return statement.on_conflict_do_update(
        index_elements=["phone_key"], set_={"why": statement.excluded.why}
    )


def _identifies(contact: type[Contact]) -> ColumnElement[bool]:
    """A number claimed too often is left out: its claims only ever increase."""
    overclaimed = select(col(SharedPhone.phone_key)).where(col(SharedPhone.why) == TOO_MANY)
    return or_(col(contact.channel) != PHONE_CHANNEL, col(contact.key).not_in(overclaimed))
