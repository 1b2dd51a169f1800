"""SendGrid's signed event webhook."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import orjson

from mail.senders.sendgrid import webhook_events
from mail.senders.sendgrid.webhook_signature import WebhookSignature
from mail.senders.webhook import RawEvent
from shop.consent.suppressions import DeliveryEvent


class SendGridWebhook:
    """Verifies with the account's verification `key`; OwnerFileError where it is none."""

    def __init__(self, key: str) -> None:
        self._signature = WebhookSignature(key)

    def verify(self, body: bytes, headers: Mapping[str, str]) -> bool:
        return self._signature.verify(body, headers)

    def parse_body(self, body: bytes) -> Sequence[RawEvent] | None:
        try:
            return webhook_events.event_list(orjson.loads(body))
        except orjson.JSONDecodeError:
            return None

    def claimed_message_ids(self, events: Sequence[RawEvent]) -> set[str]:
        return webhook_events.claimed_message_ids(events)

    def parse_events(
        self, events: Sequence[RawEvent], *, known_ids: Collection[str], now: datetime
    ) -> list[DeliveryEvent]:
        return webhook_events.parse_events(events, known_ids=known_ids, now=now)
