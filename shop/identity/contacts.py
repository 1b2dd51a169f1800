"""By which e-mail addresses and phone numbers identities can be recognised."""

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
from shop.db.upsert import SOME, Row, add_new, insert_into, table_of
from shop.identity.matching import TOO_MANY, Found, Known, name_of
from shop.tables import Contact, Identity, SharedPhone

ADDRESS, PHONE = "e-mail", "phone"
AT_ONCE = 5_000  # neither database takes endless lists


def note(connection: Connection, rows: Sequence[Row]) -> set[int]:
    """Every address and number that a record ever gave stays known; whose the records are."""
    ids = _ids(connection, rows)
    contacts = {
        (ids[row["source"], row["external_id"]], channel, row[column]): None
        for row in rows
        for channel, column in ((ADDRESS, "email_key"), (PHONE, "phone_key"))
        if row[column]
    }
    new = [{"identity_id": one, "channel": channel, "key": key} for one, channel, key in contacts]
    add_new(connection, Contact, new)
    return set(ids.values())


def known_about(
    connection: Connection, ours: set[int]
) -> tuple[list[Known], dict[int, int | None]]:
    """All whom shared addresses and numbers lead to: what they say, and their customers so far."""
    contacts: dict[tuple[int, str], set[str]] = defaultdict(set)
    people: list[Any] = []
    for some in in_lots(_within_reach(connection, ours)):
        for one, channel, key in connection.execute(_contacts(), {"some": some}):
            contacts[one, channel].add(key)
        people += connection.execute(_identities(), {"some": some}).all()
    known = [
        Known(
            id=row.id,
            name=name_of(row.first_name, row.last_name),
            addresses=frozenset(contacts[row.id, ADDRESS]),
            phones=frozenset(contacts[row.id, PHONE]),
        )
        for row in people
    ]
    return known, {row.id: row.customer_id for row in people}


def note_shared(
    connection: Connection, known: Sequence[Known], found: Found, now: datetime
) -> None:
    """Numbers that join nobody, for the owner to see; those that join again are let go."""
    fine = {phone for one in known for phone in one.phones} - set(found.shared)
    for some in in_lots(fine):
        connection.execute(_letting_go(), {"some": some})
    rows = [{"phone_key": key, "why": why, "seen_at": now} for key, why in found.shared.items()]
    if rows:
        connection.execute(_noting(), rows)


def in_lots(ids: Collection[Any]) -> Iterator[list[Any]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]


def _ids(connection: Connection, rows: Sequence[Row]) -> dict[tuple[str, str], int]:
    keys = {(row["source"], row["external_id"]) for row in rows}
    named = {
        "sources": list({source for source, _ in keys}),
        "some": list({key for _, key in keys}),
    }
    ids = {(source, key): one for source, key, one in connection.execute(_written(), named)}
    return {key: ids[key] for key in keys}


def _within_reach(connection: Connection, ours: set[int]) -> set[int]:
    found, latest = set(ours), ours
    while latest:
        sharing = [connection.scalars(_sharing(), {"some": some}) for some in in_lots(latest)]
        latest = {one for ones in sharing for one in ones} - found
        found |= latest
    return found


@cache
def _written() -> Select[tuple[str, str, int]]:
    table = table_of(Identity)
    return select(table.c.source, table.c.external_id, table.c.id).where(
        table.c.source.in_(bindparam("sources", expanding=True)),
        table.c.external_id.in_(SOME),
    )


@cache
def _sharing() -> Select[tuple[int]]:
    mine, theirs = aliased(Contact), aliased(Contact)
    same = and_(col(mine.channel) == col(theirs.channel), col(mine.key) == col(theirs.key))
    return (
        select(col(theirs.identity_id))
        .join_from(mine, theirs, same)
        .where(col(mine.identity_id).in_(SOME), _says_something(mine))
        .distinct()
    )


@cache
def _contacts() -> Select[tuple[int, str, str]]:
    columns = select(col(Contact.identity_id), col(Contact.channel), col(Contact.key))
    theirs = col(Contact.identity_id).in_(SOME)
    return columns.where(theirs, _says_something(Contact))


@cache
def _identities() -> Select[Any]:
    table = table_of(Identity)
    columns = (table.c[name] for name in ("id", "customer_id", "first_name", "last_name"))
    return select(*columns).where(table.c.id.in_(SOME))


@cache
def _letting_go() -> Delete:
    return delete(SharedPhone).where(col(SharedPhone.phone_key).in_(SOME))


@cache
def _noting() -> Insert:
    noting = insert_into(SharedPhone)
    return noting.on_conflict_do_update(
        index_elements=["phone_key"], set_={"why": noting.excluded.why}
    )


def _says_something(contact: type[Contact]) -> ColumnElement[bool]:
    """What so many claim is never looked at again: they only ever become more."""
    everybodys = select(col(SharedPhone.phone_key)).where(col(SharedPhone.why) == TOO_MANY)
    return or_(col(contact.channel) != PHONE, col(contact.key).not_in(everybodys))
