"""Stores delivery events of mails, and suppresses addresses because of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from shop.consent.failure_reasons import SHOP_REASONS
from shop.consent.suppressions import (
    BATCH_SIZE,
    MAILBOX,
    UNDONE,
    DeliveryEvent,
    EventKind,
    SuppressionReason,
    suppress_for_events,
)
from shop.db.upsert import IN_VALUES, insert_missing
from shop.identity.customers import email_key
from shop.tables import MailEvent, Message, Suppression

# Refused mails in a row that suppress an address: a reason that may lie with it, and any reason.
SOFT_BOUNCE_LIMIT, REFUSAL_LIMIT = 5, 10
COMES_BACK_WITHIN = timedelta(days=7)  # servers retry for up to five days (RFC 5321 §4.5.4.1)
SENT_STATE = "sent"  # of a message that the mail service took and about which nothing came back


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
        suppress_for_events(connection, others, reason)
        suppress_for_events(connection, by_mail, reason, keeps_by_hand=True)
    _suppress_soft_bounces(connection, new_events, now)
    return new_events


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
        suppress_for_events(connection, [event], SuppressionReason.SOFT_BOUNCES)


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
