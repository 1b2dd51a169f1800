"""POST /hooks/{provider}: receives the delivery events of a mail provider."""

from __future__ import annotations

from asyncio import Semaphore
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from engine.inbound.message_owner import delivered_at, own_message_ids
from engine.messages.delivery_events import receive_events
from engine.open.open_shop import OpenShop
from mail.senders.webhook import RawEvent, Webhook, mark_machine_clicks
from pages.clock import Clock
from pages.rate_limit import RateLimit
from pages.request_body import BodyTooLargeError, read_body
from pages.responses import text_response
from shop.consent.suppressions import DeliveryEvent, EventKind
from shop.db.engine import read_transaction

MAX_BODY_BYTES = 5_000_000
MAX_BODY_SECONDS = 30  # seconds to send it in
MAX_CONCURRENT = 4


@dataclass(frozen=True)
class WebhookHandler:
    """Handles the requests of one provider, called `title` in its answers."""

    shop: OpenShop
    title: str
    webhook: Webhook
    clock: Clock
    rate_limit: RateLimit = field(default_factory=RateLimit)
    slots: Semaphore = field(default_factory=lambda: Semaphore(MAX_CONCURRENT))

    async def receive(self, request: Request) -> Response:
        """Answers 200 only when all events are stored: providers repeat a delivery otherwise."""
        address = request.client.host if request.client else None
        if self.rate_limit.is_exhausted(address):
            return text_response(
                f"Too many requests that are not {self.title}'s.", 429, Retry_After="60"
            )
        try:
            body = await read_body(request, max_bytes=MAX_BODY_BYTES, max_seconds=MAX_BODY_SECONDS)
        except BodyTooLargeError:
            self.rate_limit.acquire(address)
            return text_response("Too large.", 413)
        except (TimeoutError, ClientDisconnect):
            self.rate_limit.acquire(address)
            return text_response("Too slow.", 408)
        if not self.webhook.verify(body, request.headers):
            self.rate_limit.acquire(address)
            return text_response(f"Not signed by {self.title}.", 401)
        return await self._store(body)

    async def _store(self, body: bytes) -> Response:
        events = self.webhook.parse_body(body)
        if events is None:
            return text_response("Not a list of events.", 400)
        async with self.slots:
            await run_in_threadpool(self._store_events, events)
        return text_response("ok")

    def _store_events(self, events: Sequence[RawEvent]) -> None:
        now = self.clock()
        receive_events(self.shop, self._delivery_events(events, now), now=now)

    def _delivery_events(self, events: Sequence[RawEvent], now: datetime) -> list[DeliveryEvent]:
        with read_transaction(self.shop.engine) as connection:
            claimed = self.webhook.claimed_message_ids(events)
            delivery_events = self.webhook.parse_events(
                events, known_ids=own_message_ids(connection, claimed), now=now
            )
            clicked = {
                event.message_id or ""
                for event in delivery_events
                if event.kind is EventKind.CLICKED
            }
            delivered = delivered_at(connection, clicked)
        return mark_machine_clicks(delivery_events, delivered)
