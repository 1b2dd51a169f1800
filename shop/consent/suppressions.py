"""Delivery events of mails, and the addresses that are suppressed because of them.

The kinds are django-anymail's normalised events, as far as they matter here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
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
    exists,
    func,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from shop.consent.failure_reasons import SHOP_REASONS, FailureReason
from shop.consent.imported_lists import is_on_imported_list
from shop.db.cached_insert import Insert
from shop.db.upsert import IN_VALUES, insert_into, insert_missing, table_of
from shop.identity.customers import email_key
from shop.tables import MailEvent, Message, Suppression

MAILBOX = "mailbox"  # the source of what came by mail, which anybody may have written
# Refused mails in a row that suppress an address: a reason that may lie with it, and any reason.
SOFT_BOUNCE_LIMIT, REFUSAL_LIMIT = 5, 10
COMES_BACK_WITHIN = timedelta(days=7)  # servers retry for up to five days (RFC 5321 §4.5.4.1)
SENT_STATE = "sent"  # of a message that the mail service took and about which nothing came back
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


def record_events(
    connection: Connection, events: Sequence[DeliveryEvent], *, now: datetime
) -> list[DeliveryEvent]:
    """Stores those of `events` that are new, and suppresses bounced and complaining addresses.

    Returns the new ones.
    """
    new_events = _new_events(connection, events)
    rows = [
        {**asdict(event), "kind": event.kind.value, "address": email_key(event.address),
         "reason": event.reason.value if event.reason else None, "received_at": now}
        for event in new_events
    ]  # fmt: skip
    insert_missing(connection, MailEvent, rows)
    for kind, reason in (
        (EventKind.BOUNCED, SuppressionReason.HARD_BOUNCE),
        (EventKind.COMPLAINED, SuppressionReason.COMPLAINT),
        (EventKind.HELD_COMPLAINT, SuppressionReason.HELD_COMPLAINT),
    ):
        matching_events = [event for event in new_events if event.kind is kind]
        by_mail = [event for event in matching_events if event.source == MAILBOX]
        others = [event for event in matching_events if event.source != MAILBOX]
        _suppress(connection, others, reason)
        _suppress(connection, by_mail, reason, keeps_by_hand=True)
    _suppress_soft_bounces(connection, new_events, now)
    return new_events


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
    _suppress(connection, events, reason, import_id)


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


def _new_events(connection: Connection, events: Sequence[DeliveryEvent]) -> list[DeliveryEvent]:
    """Those that are not stored yet, each once."""
    known_keys: set[tuple[str, str]] = set()
    for start in range(0, len(events), BATCH_SIZE):
        keys = {"values": [event.key for event in events[start : start + BATCH_SIZE]]}
        known_keys.update(
            (row.source, row.key) for row in connection.execute(_known_keys_query(), keys)
        )
    events_by_key = {(event.source, event.key): event for event in reversed(events)}
    return [event for key, event in reversed(events_by_key.items()) if key not in known_keys]


@cache
def _known_keys_query() -> Select[tuple[str, str]]:
    return select(col(MailEvent.source), col(MailEvent.key)).where(
        col(MailEvent.key).in_(IN_VALUES)
    )


def _suppress(
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


def _suppress_soft_bounces(
    connection: Connection, events: Sequence[DeliveryEvent], now: datetime
) -> None:
    """Suppresses after too many refusals in a row, without a delivery or a lifting in between.

    Five count where the reason may lie with the address. Those about the shop, its server or the
    mail count less, since others would have been refused alike: ten of any kind.
    """
    bounced_addresses = {
        email_key(event.address) for event in events if event.kind is EventKind.SOFT_BOUNCED
    }
    addresses = {address for address in bounced_addresses if address}
    for address, last_bounce, mails in _soft_bounced_too_often(connection, addresses, now):
        detail = f"{mails} mails in a row came back"
        event = DeliveryEvent(
            "", "", EventKind.SOFT_BOUNCED, last_bounce, address=address, detail=detail
        )
        _suppress(connection, [event], SuppressionReason.SOFT_BOUNCES)


def _soft_bounced_too_often(
    connection: Connection, addresses: Collection[str], now: datetime
) -> Sequence[tuple[str, datetime, int]]:
    if not addresses:
        return []
    parameters = {"values": list(addresses), "kept_until": now - COMES_BACK_WITHIN}
    rows = connection.execute(_soft_bounces_query(), parameters)
    return [(row[0], row[1].astimezone(UTC), row[2]) for row in rows]


@cache
def _soft_bounces_query() -> Select[Any]:
    """Addresses whose soft bounces reached a limit, with the last one's moment, and their number.

    1. Soft bounces of the given addresses are selected.
    2. Those before a later delivery, or before the suppression was lifted, are left out. A mail
       that was sent and did not come back within a week was delivered too: not every mail service
       reports deliveries.
    3. They are counted per address by message: several attempts with one message count once.
    """
    delivery = aliased(MailEvent)
    delivered_since = exists().where(
        col(delivery.address) == col(MailEvent.address),
        col(delivery.kind) == EventKind.DELIVERED.value,
        col(delivery.happened_at) >= col(MailEvent.happened_at),
    )
    refused, later = aliased(Message), aliased(Message)
    kept_since = exists().where(
        col(refused.id) == col(MailEvent.message_id),
        col(later.customer_id) == col(refused.customer_id),
        col(later.to_address) == col(refused.to_address),
        col(later.state) == SENT_STATE,
        col(later.settled_at) > col(MailEvent.happened_at),
        col(later.settled_at) <= bindparam("kept_until"),
    )
    lifted_since = exists().where(
        col(Suppression.address) == col(MailEvent.address),
        col(Suppression.lifted_at) >= col(MailEvent.happened_at),
        func.coalesce(col(Suppression.lifted_because), "") != UNDONE,
    )
    # An event without a message id counts by its own key.
    mail = func.coalesce(MailEvent.message_id, MailEvent.key)
    about_shop = col(MailEvent.reason).in_([reason.value for reason in SHOP_REASONS])
    refused_mails = func.count(func.distinct(mail))
    bounced_mails = func.count(func.distinct(case((about_shop, None), else_=mail)))
    last_bounce = func.max(col(MailEvent.happened_at))
    return (
        select(col(MailEvent.address), last_bounce, refused_mails)
        .where(
            col(MailEvent.address).in_(IN_VALUES),
            col(MailEvent.kind) == EventKind.SOFT_BOUNCED.value,
            ~delivered_since,
            ~kept_since,
            ~lifted_since,
        )
        .group_by(col(MailEvent.address))
        .having(or_(bounced_mails >= SOFT_BOUNCE_LIMIT, refused_mails >= REFUSAL_LIMIT))
    )
