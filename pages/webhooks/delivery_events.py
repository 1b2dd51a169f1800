"""The address where SendGrid tells what became of mails."""

from __future__ import annotations

from asyncio import Semaphore
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from engine.inbound.message_owner import delivered_at, own_message_ids
from engine.messages.delivery_events import receive_events
from engine.open.open_shop import OpenShop
from mail.senders.sendgrid.webhook_events import (
    WebhookEvent,
    claimed_message_ids,
    event_list,
    mark_machine_clicks,
    parse_events,
)
from mail.senders.sendgrid.webhook_signature import WebhookSignature
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
class Webhook:
    """What a POST to /hooks/sendgrid does."""

    shop: OpenShop
    signature: WebhookSignature
    clock: Clock
    rate_limit: RateLimit = field(default_factory=RateLimit)
    slots: Semaphore = field(default_factory=lambda: Semaphore(MAX_CONCURRENT))

    async def receive(self, request: Request) -> Response:
        """200 only when all of it is kept: SendGrid tells it again after anything else."""
        address = request.client.host if request.client else None
        if self.rate_limit.is_exhausted(address):
            return text_response(
                "Too many requests that are not SendGrid's.", 429, Retry_After="60"
            )
        try:
            body = await read_body(request, max_bytes=MAX_BODY_BYTES, max_seconds=MAX_BODY_SECONDS)
        except BodyTooLargeError:
            return text_response("Too large.", 413)
        except (TimeoutError, ClientDisconnect):
            return text_response("Too slow.", 408)
        if not self.signature.verify(body, request.headers):
            self.rate_limit.acquire(address)
            return text_response("Not signed by SendGrid.", 401)
        return await self._store(body)

    async def _store(self, body: bytes) -> Response:
        try:
            events = event_list(orjson.loads(body))
        except orjson.JSONDecodeError:
            events = None
        if events is None:
            return text_response("Not a list of events.", 400)
        async with self.slots:
            await run_in_threadpool(self._store_events, events)
        return text_response("ok")

    def _store_events(self, events: Sequence[WebhookEvent]) -> None:
        now = self.clock()
        receive_events(self.shop, self._delivery_events(events, now), now=now)

    def _delivery_events(
        self, events: Sequence[WebhookEvent], now: datetime
    ) -> list[DeliveryEvent]:
        with read_transaction(self.shop.engine) as connection:
            delivery_events = parse_events(
                events, known_ids=own_message_ids(connection, claimed_message_ids(events)), now=now
            )
            clicked = {
                event.message_id or ""
                for event in delivery_events
                if event.kind is EventKind.CLICKED
            }
            delivered = delivered_at(connection, clicked)
        return mark_machine_clicks(delivery_events, delivered)
