"""Webhooks of mail providers: verification, parsing, and detection of link scanners."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from shop.consent.suppressions import DeliveryEvent, EventKind

# Link scanners follow every link as a mail comes in, before a person can have read it.
SCANNER_WINDOW = timedelta(seconds=10)

RawEvent = Mapping[str, Any]


class Webhook(Protocol):
    """One provider's webhook with one account's key."""

    def verify(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether the provider signed these very bytes."""
        ...

    def parse_body(self, body: bytes) -> Sequence[RawEvent] | None:
        """The provider's events in a verified `body`; None where it holds no list of them."""
        ...

    def claimed_message_ids(self, events: Sequence[RawEvent]) -> set[str]:
        """The ids of our messages that `events` say they are about."""
        ...

    def parse_events(
        self, events: Sequence[RawEvent], *, known_ids: Collection[str], now: datetime
    ) -> list[DeliveryEvent]:
        """The events about messages in `known_ids`; never raises on odd fields.

        No event is later than `now`.
        """
        ...


def mark_machine_clicks(
    events: Sequence[DeliveryEvent], delivered: Mapping[str, datetime]
) -> list[DeliveryEvent]:
    """Returns `events` with clicks within `SCANNER_WINDOW` of the delivery marked `by_machine`.

    `delivered` maps message ids to deliveries known before; those among `events` count too.
    """
    delivered_at = {
        event.message_id: event.happened_at for event in events if event.kind is EventKind.DELIVERED
    }
    delivered_at.update(delivered)
    return [
        replace(event, by_machine=True)
        if _is_scanner_click(event, delivered_at.get(event.message_id))
        else event
        for event in events
    ]


def _is_scanner_click(event: DeliveryEvent, delivered: datetime | None) -> bool:
    if event.kind is not EventKind.CLICKED or delivered is None:
        return False
    return event.happened_at <= delivered + SCANNER_WINDOW
