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

from engine.inbound.message_owner import delivered_at, ours
from engine.messages.delivery_events import take_in
from engine.open.open_shop import OpenShop
from mail.senders.sendgrid.webhook_events import Event, events_of, ids, machines_told, told
from mail.senders.sendgrid.webhook_signature import Signature
from pages.clock import Clock
from pages.rate_limit import Patience
from pages.request_body import TooLarge, read
from pages.responses import word
from shop.consent.suppressions import Kind, Told
from shop.db.engine import reading

LARGEST = 5_000_000
SLOWEST = 30  # seconds to send it in
AT_ONCE = 4


@dataclass(frozen=True)
class Hook:
    """What a POST to /hooks/sendgrid does."""

    shop: OpenShop
    signature: Signature
    clock: Clock
    patience: Patience = field(default_factory=Patience)
    turns: Semaphore = field(default_factory=lambda: Semaphore(AT_ONCE))

    async def hear(self, request: Request) -> Response:
        """200 only when all of it is kept: SendGrid tells it again after anything else."""
        address = request.client.host if request.client else None
        if self.patience.lost(address):
            return word("Too many requests that are not SendGrid's.", 429, Retry_After="60")
        try:
            body = await read(request, largest=LARGEST, slowest=SLOWEST)
        except TooLarge:
            return word("Too large.", 413)
        except (TimeoutError, ClientDisconnect):
            return word("Too slow.", 408)
        if not self.signature.holds(body, request.headers):
            self.patience.tried(address)
            return word("Not signed by SendGrid.", 401)
        return await self._keep(body)

    async def _keep(self, body: bytes) -> Response:
        try:
            events = events_of(orjson.loads(body))
        except orjson.JSONDecodeError:
            events = None
        if events is None:
            return word("Not a list of events.", 400)
        async with self.turns:
            await run_in_threadpool(self._take, events)
        return word("ok")

    def _take(self, events: Sequence[Event]) -> None:
        now = self.clock()
        take_in(self.shop, self._told(events, now), now=now)

    def _told(self, events: Sequence[Event], now: datetime) -> list[Told]:
        with reading(self.shop.engine) as connection:
            told_of_us = told(events, ours=ours(connection, ids(events)), now=now)
            clicked = {one.message_id or "" for one in told_of_us if one.kind is Kind.CLICKED}
            delivered = delivered_at(connection, clicked)
        return machines_told(told_of_us, delivered)
