"""What SendGrid tells of mails, in the words of the shop.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event; the kinds are those that
django-anymail (anymail/webhooks/sendgrid.py) gives these events.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from mail.senders.sendgrid.payload import MESSAGE_ID_ARG
from shop.consent.suppressions import DeliveryEvent, EventKind

SOURCE = "sendgrid"
EVENT_KINDS = {
    "processed": EventKind.ACCEPTED,
    "deferred": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    "dropped": EventKind.REJECTED,
    "spamreport": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "group_unsubscribe": EventKind.UNSUBSCRIBED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
}
# Why SendGrid did not even try, where that speaks against the address itself.
DEAD_ADDRESS_REASONS = {"bounced address", "bounce", "invalid"}
COMPLAINT_REASONS = {"spam reporting address"}
TEMPORARY_BOUNCE_TYPES = {"blocked", "expired"}
EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)  # there was no SendGrid before
MAX_LENGTHS = {MESSAGE_ID_ARG: 200, "sg_event_id": 200, "email": 320}
MAX_DETAIL = 500


WebhookEvent = Mapping[str, Any]


def event_list(payload: object) -> list[WebhookEvent] | None:
    """The events of a delivery; None where it is none."""
    if not isinstance(payload, list):
        return None
    return [event for event in payload if isinstance(event, dict)]


def claimed_message_ids(events: Iterable[WebhookEvent]) -> set[str]:
    """The mails that they say they are about, by the id we gave them."""
    return {message_id for event in events if (message_id := _clean_field(event, MESSAGE_ID_ARG))}


def parse_events(
    events: Iterable[WebhookEvent], *, known_ids: Collection[str], now: datetime
) -> list[DeliveryEvent]:
    """Everything that is about mails of ours."""
    return [
        parsed
        for event in events
        for parsed in _parse_event(event, now)
        if _clean_field(event, MESSAGE_ID_ARG) in known_ids
    ]


def _parse_event(event: WebhookEvent, now: datetime) -> Iterator[DeliveryEvent]:
    mail_event = DeliveryEvent(
        source=SOURCE,
        key=_clean_field(event, "sg_event_id") or _event_digest(event),
        kind=_event_kind(event),
        happened_at=_event_time(event.get("timestamp"), now),
        message_id=_clean_field(event, MESSAGE_ID_ARG),
        address=_clean_field(event, "email"),
        detail=_detail(event),
        by_machine=event.get("sg_machine_open") is True,
    )
    yield mail_event
    if address_kind := _address_kind(event):
        # Of the address alone: this mail was never tried, so it did not come back either.
        yield replace(
            mail_event, key=f"{mail_event.key}/address", kind=address_kind, message_id=None
        )


def _event_kind(event: WebhookEvent) -> EventKind:
    name = event.get("event")
    if name == "bounce":
        return (
            EventKind.SOFT_BOUNCED
            if _lower_field(event, "type") in TEMPORARY_BOUNCE_TYPES
            else EventKind.BOUNCED
        )
    return EVENT_KINDS.get(name, EventKind.UNKNOWN) if isinstance(name, str) else EventKind.UNKNOWN


def _address_kind(event: WebhookEvent) -> EventKind | None:
    if event.get("event") != "dropped":
        return None
    reasons = {
        _lower_field(event, "reason"),
        _lower_field(event, "type"),
    }  # its cause may stand in either
    if reasons & DEAD_ADDRESS_REASONS:
        return EventKind.BOUNCED
    return EventKind.COMPLAINED if reasons & COMPLAINT_REASONS else None


def _detail(event: WebhookEvent) -> str | None:
    """What a server or SendGrid said, never which link was followed: one can be somebody's own."""
    names = ("reason", "response", "type", "bounce_classification", "status")
    parts = [_clean_text(event[name]) for name in names if isinstance(event.get(name), str)]
    if _event_kind(event) is EventKind.UNKNOWN and isinstance(event.get("event"), str):
        parts.insert(0, _clean_text(event["event"]))
    return " · ".join(part for part in parts if part)[:MAX_DETAIL] or None


def _event_time(stamp: object, now: datetime) -> datetime:
    """Nothing happened later than we hear of it: a no from tomorrow would outlive today's yes."""
    if isinstance(stamp, bool) or not isinstance(stamp, int | float):
        return now
    if not EARLIEST.timestamp() <= stamp <= now.timestamp():
        return now
    return datetime.fromtimestamp(stamp, UTC)


def _clean_field(event: WebhookEvent, name: str) -> str | None:
    """Whole or not at all: half an id is another's."""
    text = event.get(name)
    if not isinstance(text, str) or len(text) > MAX_LENGTHS[name]:
        return None
    return text if text and text == _clean_text(text) else None


def _lower_field(event: WebhookEvent, name: str) -> str:
    text = event.get(name)
    return text.strip().lower() if isinstance(text, str) else ""


def _clean_text(text: str) -> str:
    """PostgreSQL keeps no NUL, and nobody wants line breaks in a list."""
    return "".join(character if character.isprintable() else " " for character in text).strip()


def _event_digest(event: WebhookEvent) -> str:
    """A name for an event without one: told again, it is the same."""
    return hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()
