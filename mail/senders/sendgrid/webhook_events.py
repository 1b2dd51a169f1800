"""Parses SendGrid's events.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event; the kinds are those of
django-anymail (anymail/webhooks/sendgrid.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from mail.failures.classify import Failure, classify_failure
from mail.senders.sendgrid.payload import MESSAGE_ID_ARG
from shop.consent.failure_reasons import FailureReason
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
# Reasons for dropping a mail that are about the address. "Bounced Address" is SendGrid's own
# conclusion from an earlier refusal, whatever that was about.
INVALID_ADDRESS_REASONS = {"invalid"}
BOUNCED_ADDRESS_REASONS = {"bounced address", "bounce"}
COMPLAINT_REASONS = {"spam reporting address"}
TEMPORARY_BOUNCE_TYPES = {"blocked", "expired"}
# SendGrid's `bounce_classification`, for answers that give no reason that is known.
CLASSIFICATIONS = {
    "invalid address": FailureReason.USER_UNKNOWN,
    "technical": FailureReason.SERVER,
    "content": FailureReason.CONTENT,
    "reputation": FailureReason.BLOCKED,
    "frequency or volume too high": FailureReason.RATE_LIMITED,
}
EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)  # SendGrid was founded in 2009
MAX_LENGTHS = {MESSAGE_ID_ARG: 200, "sg_event_id": 200, "email": 320}
MAX_DETAIL = 500


WebhookEvent = Mapping[str, Any]


def event_list(payload: object) -> list[WebhookEvent] | None:
    """Returns the events in a webhook's `payload`; None where it is no list."""
    if not isinstance(payload, list):
        return None
    return [event for event in payload if isinstance(event, dict)]


def claimed_message_ids(events: Iterable[WebhookEvent]) -> set[str]:
    """Returns the message ids that `events` carry."""
    return {message_id for event in events if (message_id := _clean_field(event, MESSAGE_ID_ARG))}


def parse_events(
    events: Iterable[WebhookEvent], *, known_ids: Collection[str], now: datetime
) -> list[DeliveryEvent]:
    """Returns the events about messages in `known_ids`; none is later than `now`."""
    return [
        parsed
        for event in events
        for parsed in _parse_event(event, now)
        if _clean_field(event, MESSAGE_ID_ARG) in known_ids
    ]


def _parse_event(event: WebhookEvent, now: datetime) -> Iterator[DeliveryEvent]:
    failure = _failure(event)
    mail_event = DeliveryEvent(
        source=SOURCE,
        key=_clean_field(event, "sg_event_id") or _event_digest(event),
        kind=failure.kind if failure else _event_kind(event),
        happened_at=_event_time(event.get("timestamp"), now),
        message_id=_clean_field(event, MESSAGE_ID_ARG),
        address=_clean_field(event, "email"),
        detail=_detail(event),
        by_machine=event.get("sg_machine_open") is True,
        reason=failure.reason if failure else None,
    )
    yield mail_event
    if address_kind := _address_kind(event):
        # About the address only: this mail was never sent, so it did not bounce.
        yield replace(
            mail_event, key=f"{mail_event.key}/address", kind=address_kind, message_id=None
        )


def _failure(event: WebhookEvent) -> Failure | None:
    """Why a mail bounced, by the server's own answer; None where it did not bounce.

    Where the answer says nothing, SendGrid's classification counts, and its type: `blocked` and
    `expired` are not about the address.
    """
    if event.get("event") != "bounce":
        return None
    answer = next(
        (text for name in ("reason", "response") if isinstance(text := event.get(name), str)), ""
    )
    status = event.get("status")
    failure = classify_failure(answer, status if isinstance(status, str) else "")
    if failure.reason is not FailureReason.UNKNOWN:
        return failure
    classified = CLASSIFICATIONS.get(_lower_field(event, "bounce_classification"))
    is_hard = _lower_field(event, "type") not in TEMPORARY_BOUNCE_TYPES and failure.permanent
    if classified or not is_hard:
        return Failure(classified or FailureReason.UNKNOWN, is_hard)
    return Failure(FailureReason.USER_UNKNOWN, permanent=True)


def _event_kind(event: WebhookEvent) -> EventKind:
    name = event.get("event")
    return EVENT_KINDS.get(name, EventKind.UNKNOWN) if isinstance(name, str) else EventKind.UNKNOWN


def _address_kind(event: WebhookEvent) -> EventKind | None:
    if event.get("event") != "dropped":
        return None
    reasons = {
        _lower_field(event, "reason"),
        _lower_field(event, "type"),
    }  # either field may hold the cause
    if reasons & INVALID_ADDRESS_REASONS:
        return EventKind.BOUNCED
    if reasons & BOUNCED_ADDRESS_REASONS:
        return EventKind.SOFT_BOUNCED
    return EventKind.COMPLAINED if reasons & COMPLAINT_REASONS else None


def _detail(event: WebhookEvent) -> str | None:
    """Texts of the mail server or SendGrid; never the clicked link, which can be a token."""
    names = ("reason", "response", "type", "bounce_classification", "status")
    parts = [_clean_text(event[name]) for name in names if isinstance(event.get(name), str)]
    is_unknown = _event_kind(event) is EventKind.UNKNOWN and event.get("event") != "bounce"
    if is_unknown and isinstance(event.get("event"), str):
        parts.insert(0, _clean_text(event["event"]))
    return " · ".join(part for part in parts if part)[:MAX_DETAIL] or None


def _event_time(stamp: object, now: datetime) -> datetime:
    """Never later than now: an opt-out dated tomorrow would outlive today's opt-in."""
    if isinstance(stamp, bool) or not isinstance(stamp, int | float):
        return now
    if not EARLIEST.timestamp() <= stamp <= now.timestamp():
        return now
    return datetime.fromtimestamp(stamp, UTC)


def _clean_field(event: WebhookEvent, name: str) -> str | None:
    """The whole field or None: a truncated id is another id."""
    text = event.get(name)
    if not isinstance(text, str) or len(text) > MAX_LENGTHS[name]:
        return None
    return text if text and text == _clean_text(text) else None


def _lower_field(event: WebhookEvent, name: str) -> str:
    text = event.get(name)
    return text.strip().lower() if isinstance(text, str) else ""


def _clean_text(text: str) -> str:
    """Without NUL, which PostgreSQL rejects, and without line breaks."""
    return "".join(character if character.isprintable() else " " for character in text).strip()


def _event_digest(event: WebhookEvent) -> str:
    """A stable key for an event without an id."""
    return hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()
