"""What SendGrid tells of mails, in the words of the shop.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event; the kinds are those that
django-anymail (anymail/webhooks/sendgrid.py) gives these events.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mail.senders.sendgrid.payload import OUR_ID
from shop.consent.suppressions import Kind, Told

SOURCE = "sendgrid"
KINDS = {
    "processed": Kind.ACCEPTED,
    "deferred": Kind.DEFERRED,
    "delivered": Kind.DELIVERED,
    "dropped": Kind.REJECTED,
    "spamreport": Kind.COMPLAINED,
    "unsubscribe": Kind.UNSUBSCRIBED,
    "group_unsubscribe": Kind.UNSUBSCRIBED,
    "open": Kind.OPENED,
    "click": Kind.CLICKED,
}
# Why SendGrid did not even try, where that speaks against the address itself.
DEAD = {"bounced address", "bounce", "invalid"}
REPORTED = {"spam reporting address"}
FOR_NOW = {"blocked", "expired"}
# Scanners follow every link as a mail comes in, before anybody can have read it.
SOONEST_READER = timedelta(seconds=10)
EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)  # there was no SendGrid before
LONGEST = {OUR_ID: 200, "sg_event_id": 200, "email": 320}
LONGEST_DETAIL = 500


Event = Mapping[str, Any]


def events_of(payload: object) -> list[Event] | None:
    """The events of a delivery; None where it is none."""
    if not isinstance(payload, list):
        return None
    return [event for event in payload if isinstance(event, dict)]


def ids(events: Iterable[Event]) -> set[str]:
    """The mails that they say they are about, by the id we gave them."""
    return {found for event in events if (found := _text(event, OUR_ID))}


def told(events: Iterable[Event], *, ours: Collection[str], now: datetime) -> list[Told]:
    """Everything that is about mails of ours."""
    return [one for event in events for one in _told(event, now) if _text(event, OUR_ID) in ours]


def machines_told(told: Sequence[Told], delivered: Mapping[str, datetime]) -> list[Told]:
    """Clicks within seconds of the delivery, told before or with them, are a scanner's."""
    first = {one.message_id: one.happened_at for one in told if one.kind is Kind.DELIVERED}
    first.update(delivered)
    return [
        replace(one, by_machine=True) if _too_soon(one, first.get(one.message_id)) else one
        for one in told
    ]


def _too_soon(one: Told, delivered: datetime | None) -> bool:
    if one.kind is not Kind.CLICKED or delivered is None:
        return False
    return one.happened_at <= delivered + SOONEST_READER


def _told(event: Event, now: datetime) -> Iterator[Told]:
    whole = Told(
        source=SOURCE,
        key=_text(event, "sg_event_id") or _digest(event),
        kind=_kind(event),
        happened_at=_moment(event.get("timestamp"), now),
        message_id=_text(event, OUR_ID),
        address=_text(event, "email"),
        detail=_detail(event),
        by_machine=event.get("sg_machine_open") is True,
    )
    yield whole
    if against := _against_the_address(event):
        # Of the address alone: this mail was never tried, so it did not come back either.
        yield replace(whole, key=f"{whole.key}/address", kind=against, message_id=None)


def _kind(event: Event) -> Kind:
    name = event.get("event")
    if name == "bounce":
        return Kind.BOUNCED_FOR_NOW if _lower(event, "type") in FOR_NOW else Kind.BOUNCED
    return KINDS.get(name, Kind.UNKNOWN) if isinstance(name, str) else Kind.UNKNOWN


def _against_the_address(event: Event) -> Kind | None:
    if event.get("event") != "dropped":
        return None
    why = {_lower(event, "reason"), _lower(event, "type")}  # its cause may stand in either
    if why & DEAD:
        return Kind.BOUNCED
    return Kind.COMPLAINED if why & REPORTED else None


def _detail(event: Event) -> str | None:
    """What a server or SendGrid said, never which link was followed: one can be somebody's own."""
    names = ("reason", "response", "type", "bounce_classification", "status")
    parts = [_clean(event[name]) for name in names if isinstance(event.get(name), str)]
    if _kind(event) is Kind.UNKNOWN and isinstance(event.get("event"), str):
        parts.insert(0, _clean(event["event"]))
    return " · ".join(part for part in parts if part)[:LONGEST_DETAIL] or None


def _moment(stamp: object, now: datetime) -> datetime:
    """Nothing happened later than we hear of it: a no from tomorrow would outlive today's yes."""
    if isinstance(stamp, bool) or not isinstance(stamp, int | float):
        return now
    if not EARLIEST.timestamp() <= stamp <= now.timestamp():
        return now
    return datetime.fromtimestamp(stamp, UTC)


def _text(event: Event, name: str) -> str | None:
    """Whole or not at all: half an id is another's."""
    found = event.get(name)
    if not isinstance(found, str) or len(found) > LONGEST[name]:
        return None
    return found if found and found == _clean(found) else None


def _lower(event: Event, name: str) -> str:
    found = event.get(name)
    return found.strip().lower() if isinstance(found, str) else ""


def _clean(text: str) -> str:
    """PostgreSQL keeps no NUL, and nobody wants line breaks in a list."""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()


def _digest(event: Event) -> str:
    """A name for an event without one: told again, it is the same."""
    return hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()
