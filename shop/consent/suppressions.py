"""What is told about mails after they went, and the addresses that get none any more.

The kinds are those of django-anymail's normalised events, as far as they mean something here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from shop.db.cached_insert import Insert
from shop.db.upsert import SOME, add_new, insert_into, table_of
from shop.identity.customers import email_key
from shop.tables import MailEvent, Message, Suppression

SOFT_IN_A_ROW = 5
MANY = 500  # values in one statement


class Kind(StrEnum):
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED = "bounced"  # nothing will ever arrive there
    BOUNCED_FOR_NOW = "bounced for now"  # a full mailbox, a server that was away
    REJECTED = "rejected"  # the mail service never tried
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    OPENED = "opened"
    CLICKED = "clicked"
    ANSWERED = "answered"  # a person wrote back
    UNKNOWN = "unknown"


class Why(StrEnum):
    """Why an address gets nothing."""

    HARD_BOUNCE = "hard bounce"
    SOFT_BOUNCES = "soft bounces"
    COMPLAINT = "complaint"
    BY_HAND = "by hand"


@dataclass(frozen=True)
class Told:
    """One thing told about one mail; `key` is the source's own name for it."""

    source: str
    key: str
    kind: Kind
    happened_at: datetime
    message_id: str | None = None
    address: str | None = None
    detail: str | None = None
    by_machine: bool = False


@dataclass(frozen=True)
class Suppressed:
    """An address that gets nothing, and why."""

    address: str
    reason: str
    detail: str | None
    since: datetime


def record(connection: Connection, told: Sequence[Told], *, now: datetime) -> list[Told]:
    """Keep what is new, and stop mail to the addresses it speaks against; returns the new."""
    fresh = _fresh(connection, told)
    rows = [
        {**asdict(one), "kind": one.kind.value, "address": email_key(one.address),
         "received_at": now}
        for one in fresh
    ]  # fmt: skip
    add_new(connection, MailEvent, rows)
    for kind, why in ((Kind.BOUNCED, Why.HARD_BOUNCE), (Kind.COMPLAINED, Why.COMPLAINT)):
        speaking = [one for one in fresh if one.kind is kind]
        _suppress(connection, speaking, why)
    _suppress_soft(connection, fresh)
    return fresh


def bounced(connection: Connection, why: Mapping[str, str], source: str, now: datetime) -> None:
    """These mails, by id, were refused because of their address."""
    if not why:
        return
    told = [
        Told(source, f"{row.id}/{now.isoformat()}", Kind.BOUNCED, now, row.id, row.to_address,
             why[row.id])
        for row in connection.execute(_sent_to(), {"some": list(why)})
    ]  # fmt: skip
    record(connection, told, now=now)


def suppress(
    connection: Connection, address: str, why: Why, detail: str | None, *, now: datetime
) -> None:
    """From now on nothing goes there."""
    told = Told("", "", Kind.UNKNOWN, now, address=address, detail=detail)
    _suppress(connection, [told], why)


def lift(connection: Connection, address: str, because: str, *, now: datetime) -> Why | None:
    """Mail may go there again; tells what stood in the way. A complaint is for ever."""
    held = (col(Suppression.address) == email_key(address), suppressed())
    found = connection.scalar(select(col(Suppression.reason)).where(*held))
    if found is not None and found != Why.COMPLAINT.value:
        lifted = {"lifted_at": now, "lifted_because": because}
        connection.execute(update(Suppression).where(*held).values(**lifted))
    return Why(found) if found is not None else None


def all_suppressed(connection: Connection) -> list[Suppressed]:
    """The addresses that get nothing, the latest first."""
    return [Suppressed(*row) for row in connection.execute(_all())]


@cache
def suppressed() -> ColumnElement[bool]:
    """Of a row of suppressions: it still holds."""
    return col(Suppression.lifted_at).is_(None)


@cache
def _sent_to() -> Select[tuple[str, str | None]]:
    return select(col(Message.id), col(Message.to_address)).where(col(Message.id).in_(SOME))


@cache
def _all() -> Select[tuple[str, str, str | None, datetime]]:
    return (
        select(
            col(Suppression.address),
            col(Suppression.reason),
            col(Suppression.detail),
            col(Suppression.since),
        )
        .where(suppressed())
        .order_by(col(Suppression.since).desc(), col(Suppression.address))
    )


def _fresh(connection: Connection, told: Sequence[Told]) -> list[Told]:
    """Those not kept yet, each once."""
    known: set[tuple[str, str]] = set()
    for start in range(0, len(told), MANY):
        keys = {"some": [one.key for one in told[start : start + MANY]]}
        known.update((row.source, row.key) for row in connection.execute(_kept(), keys))
    fresh = {(one.source, one.key): one for one in reversed(told)}
    return [one for key, one in reversed(fresh.items()) if key not in known]


@cache
def _kept() -> Select[tuple[str, str]]:
    return select(col(MailEvent.source), col(MailEvent.key)).where(col(MailEvent.key).in_(SOME))


def _suppress(connection: Connection, speaking: Sequence[Told], why: Why) -> None:
    """A complaint outranks all; what somebody lifted stays lifted unless it happened since."""
    addresses = {email_key(one.address): one for one in speaking}
    rows = [
        {"address": address, "reason": why.value, "detail": one.detail, "since": one.happened_at,
         "lifted_at": None, "lifted_because": None}
        for address, one in addresses.items()
        if address
    ]  # fmt: skip
    if rows:
        connection.execute(_suppressing(), rows)


@cache
def _suppressing() -> Insert:
    insert = insert_into(Suppression)
    new, table = insert.excluded, table_of(Suppression).c
    worse = and_(new.reason == Why.COMPLAINT.value, table.reason != Why.COMPLAINT.value)
    since_lifted = and_(table.lifted_at.is_not(None), new.since > table.lifted_at)
    return insert.on_conflict_do_update(
        index_elements=["address"],
        set_={one.name: new[one.name] for one in table if one.name != "address"},
        where=or_(worse, since_lifted),
    )


def _suppress_soft(connection: Connection, fresh: Sequence[Told]) -> None:
    """Five in a row, with nothing delivered in between and nobody's word since."""
    soft = {email_key(one.address) for one in fresh if one.kind is Kind.BOUNCED_FOR_NOW}
    addresses = {address for address in soft if address}
    for address, last in _too_many(connection, addresses):
        detail = f"{SOFT_IN_A_ROW} mails in a row came back"
        told = Told("", "", Kind.BOUNCED_FOR_NOW, last, address=address, detail=detail)
        _suppress(connection, [told], Why.SOFT_BOUNCES)


def _too_many(connection: Connection, addresses: Collection[str]) -> Sequence[tuple[str, datetime]]:
    if not addresses:
        return []
    found = connection.execute(_coming_back(), {"some": list(addresses)})
    return [(row[0], row[1].astimezone(UTC)) for row in found]


@cache
def _coming_back() -> Select[Any]:
    arrived = aliased(MailEvent)
    since = exists().where(
        col(arrived.address) == col(MailEvent.address),
        col(arrived.kind) == Kind.DELIVERED.value,
        col(arrived.happened_at) >= col(MailEvent.happened_at),
    )
    lifted = exists().where(
        col(Suppression.address) == col(MailEvent.address),
        col(Suppression.lifted_at) >= col(MailEvent.happened_at),
    )
    # Several tries with one mail are one mail that came back.
    mails = func.count(func.distinct(func.coalesce(MailEvent.message_id, MailEvent.key)))
    last = func.max(col(MailEvent.happened_at))
    return (
        select(col(MailEvent.address), last)
        .where(
            col(MailEvent.address).in_(SOME),
            col(MailEvent.kind) == Kind.BOUNCED_FOR_NOW.value,
            ~since,
            ~lifted,
        )
        .group_by(col(MailEvent.address))
        .having(mails >= SOFT_IN_A_ROW)
    )
