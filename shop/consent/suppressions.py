"""The addresses that are suppressed, and the delivery events that may be the reason.

The kinds are django-anymail's normalised events, as far as they matter here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    null,
    or_,
    select,
    update,
)
from sqlmodel import col

from shop.consent.failure_reasons import FailureReason
from shop.consent.imports.lists import is_on_imported_list
from shop.db.cached_insert import Insert
from shop.db.upsert import insert_into, table_of
from shop.identity.customers import email_key
from shop.tables import MailEvent, Suppression

MAILBOX = "mailbox"  # the source of what came by mail, which anybody may have written
UNDONE = "the import was undone"  # a suppression lifted because of that is known only by imports
BATCH_SIZE = 500  # values per statement


class EventKind(StrEnum):
    """The kinds of delivery events."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED = "bounced"  # for good, and the address is the reason
    SOFT_BOUNCED = "bounced for now"  # anything else: a full mailbox, a blocked sender
    REJECTED = "rejected"  # the mail service did not attempt delivery
    COMPLAINED = "complained"
    HELD_COMPLAINT = "complaint to confirm"  # one of many by mail: the owner decides
    FORGED_COMPLAINT = "forged complaint"  # the owner says so
    UNSUBSCRIBED = "unsubscribed"
    OPENED = "opened"
    CLICKED = "clicked"
    REPLIED = "answered"  # a reply from a person
    UNKNOWN = "unknown"


class SuppressionReason(StrEnum):
    """Why an address is suppressed."""

    HARD_BOUNCE = "hard bounce"
    SOFT_BOUNCES = "soft bounces"
    COMPLAINT = "complaint"
    HELD_COMPLAINT = "complaint to confirm"
    BY_HAND = "by hand"


BOUNCES = (SuppressionReason.HARD_BOUNCE.value, SuppressionReason.SOFT_BOUNCES.value)


@dataclass(frozen=True)
class DeliveryEvent:
    """One event about one mail; `key` is the source's own id of the event."""

    source: str
    key: str
    kind: EventKind
    happened_at: datetime
    message_id: str | None = None
    address: str | None = None
    detail: str | None = None
    by_machine: bool = False
    reason: FailureReason | None = None  # of a bounce


@dataclass(frozen=True)
class SuppressedAddress:
    """A suppressed address and why it is."""

    address: str
    reason: str
    detail: str | None
    since: datetime


def suppress_address(
    connection: Connection,
    address: str,
    reason: SuppressionReason,
    detail: str | None,
    *,
    now: datetime,
) -> None:
    """Suppresses `address` from `now` on."""
    suppress_addresses(connection, [address], reason, detail, now=now)


def suppress_addresses(
    connection: Connection,
    addresses: Collection[str],
    reason: SuppressionReason,
    detail: str | None,
    *,
    now: datetime,
    import_id: int | None = None,
) -> None:
    """Suppresses `addresses` from `now` on; `import_id` names the import that asks for it."""
    events = [
        DeliveryEvent("", "", EventKind.UNKNOWN, now, address=address, detail=detail)
        for address in addresses
    ]
    suppress_for_events(connection, events, reason, import_id)


def lift_suppression(
    connection: Connection, address: str, because: str, *, now: datetime
) -> SuppressionReason | None:
    """Lifts the suppression of `address`; returns its reason, or None where there was none.

    A complaint is never lifted here, nor one that waits for the owner's decision.
    """
    conditions = (col(Suppression.address) == email_key(address), is_suppressed())
    stored_reason = connection.scalar(select(col(Suppression.reason)).where(*conditions))
    if stored_reason is None:
        return None
    kinds = set(connection.scalars(_kinds_query(), {"address": email_key(address)}))
    has_complained = EventKind.COMPLAINED.value in kinds
    reason = SuppressionReason.COMPLAINT if has_complained else SuppressionReason(stored_reason)
    if reason not in (SuppressionReason.COMPLAINT, SuppressionReason.HELD_COMPLAINT):
        changes = {"lifted_at": now, "lifted_because": because}
        connection.execute(update(Suppression).where(*conditions).values(**changes))
    return reason


def confirm_complaint(connection: Connection, address: str, *, now: datetime) -> None:
    """Counts the complaint of `address` that was held for the owner."""
    suppress_address(connection, address, SuppressionReason.COMPLAINT, None, now=now)


def dismiss_complaint(connection: Connection, address: str, because: str, *, now: datetime) -> None:
    """Lifts the suppression of `address` where a complaint that does not count was its reason.

    It stays where another complaint counts, where mail to the address has bounced, and where an
    imported list has the address.
    """
    kinds = set(connection.scalars(_kinds_query(), {"address": email_key(address)}))
    if EventKind.COMPLAINED.value in kinds:
        return
    changes: dict[str, Any] = {"lifted_at": now, "lifted_because": because}
    if EventKind.BOUNCED.value in kinds:
        changes = {"reason": SuppressionReason.HARD_BOUNCE.value, "detail": None}
    reasons = [SuppressionReason.COMPLAINT.value, SuppressionReason.HELD_COMPLAINT.value]
    connection.execute(
        update(Suppression)
        .where(
            col(Suppression.address) == email_key(address),
            col(Suppression.reason).in_(reasons),
            is_suppressed(),
            ~is_on_imported_list(),
        )
        .values(**changes)
    )


@cache
def _kinds_query() -> Select[tuple[str]]:
    query = select(col(MailEvent.kind)).where(col(MailEvent.address) == bindparam("address"))
    return query.distinct()


def list_suppressed(connection: Connection) -> list[SuppressedAddress]:
    """Returns the suppressed addresses, the latest first."""
    return [SuppressedAddress(*row) for row in connection.execute(_suppressed_query())]


@cache
def is_suppressed() -> ColumnElement[bool]:
    """SQL condition on a row of suppressions: it has not been lifted."""
    return col(Suppression.lifted_at).is_(None)


@cache
def _suppressed_query() -> Select[tuple[str, str, str | None, datetime]]:
    return (
        select(
            col(Suppression.address),
            col(Suppression.reason),
            col(Suppression.detail),
            col(Suppression.since),
        )
        .where(is_suppressed())
        .order_by(col(Suppression.since).desc(), col(Suppression.address))
    )


def suppress_for_events(
    connection: Connection,
    events: Sequence[DeliveryEvent],
    reason: SuppressionReason,
    import_id: int | None = None,
    *,
    keeps_by_hand: bool = False,
) -> None:
    """Suppresses the addresses of `events`.

    A complaint outranks every other reason, the owner's own suppression outranks bounces, which may
    be lifted together, and every reason outranks a complaint that is to be confirmed. A lifted
    suppression stays lifted unless the event happened after that, or the lifting only undid an
    import. With `keeps_by_hand` the owner's own suppressions stay what they are: the events may
    prove to be forged.
    """
    events_by_address = {email_key(event.address): event for event in events}
    rows = [
        {"address": address, "reason": reason.value, "detail": event.detail,
         "since": event.happened_at, "lifted_at": None, "lifted_because": None,
         "import_id": import_id}
        for address, event in events_by_address.items()
        if address
    ]  # fmt: skip
    if rows:
        connection.execute(_suppress_query(keeps_by_hand=keeps_by_hand), rows)


@cache
def _suppress_query(*, keeps_by_hand: bool) -> Insert:
    insert = insert_into(Suppression)
    excluded, table = insert.excluded, table_of(Suppression).c
    held, complaint = SuppressionReason.HELD_COMPLAINT.value, SuppressionReason.COMPLAINT.value
    outranks = table.reason != complaint
    if keeps_by_hand:
        is_by_hand = and_(
            table.reason == SuppressionReason.BY_HAND.value, table.lifted_at.is_(None)
        )
        outranks = and_(outranks, ~is_by_hand)
    by_hand = and_(excluded.reason == SuppressionReason.BY_HAND.value, excluded.import_id.is_(None))
    # No `in_`: it cannot be executed for many rows at once.
    has_bounced = or_(*(table.reason == bounce for bounce in BOUNCES))
    worse = or_(
        and_(excluded.reason == complaint, outranks),
        and_(by_hand, has_bounced, table.lifted_at.is_(None)),
        and_(table.reason == held, table.lifted_at.is_(None), excluded.reason != held),
    )
    since_lifted = and_(table.lifted_at.is_not(None), excluded.since > table.lifted_at)
    # What happened to an address itself stays when the import of a list is undone.
    is_imported = and_(table.lifted_at.is_(None), table.import_id.is_not(None), outranks)
    is_of_imports = or_(is_imported, table.lifted_because == UNDONE)
    replaces = or_(worse, since_lifted, and_(excluded.import_id.is_(None), is_of_imports))
    new_values: dict[str, Any] = {
        column.name: case((replaces, excluded[column.name]), else_=column) for column in table
    }
    # An import owns what it suppressed itself, until something else suppresses it too.
    new_values["import_id"] = case(
        (excluded.import_id.is_(None), null()),
        (table.lifted_at.is_not(None), excluded.import_id),
        else_=table.import_id,
    )
    return insert.on_conflict_do_update(
        index_elements=["address"],
        set_={name: new_value for name, new_value in new_values.items() if name != "address"},
        where=or_(replaces, and_(table.import_id.is_not(None), excluded.import_id.is_(None))),
    )
