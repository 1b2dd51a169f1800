"""The same work without Prefect, for when its server does not answer: mail does not wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from engine.inbound.read_mailbox import read_mailbox
from engine.open.open_shop import OpenShop
from engine.owner import digest
from engine.run import TICK_LOCK, begin, load_outcome, run_rule
from engine.sync.sync import SyncResult, sync_all
from engine.tick.counts import Counts
from engine.tick_context import TickContext
from flows.runtime.graceful_stop import StopCheck, deliver_until_stopped
from shop.db.locks import hold_lock


def tick(shop: OpenShop, now: datetime, should_stop: StopCheck) -> dict[str, Counts]:
    """As `flows.tick.tick`: a rule that fails keeps back neither the others nor what is due."""
    with hold_lock(shop.engine, TICK_LOCK):
        context, names = begin(shop, now=now)
        errors = [
            error
            for name in names
            if not should_stop() and (error := _try_rule(shop, name, context))
        ]
        deliver_until_stopped(shop, context, None, should_stop)
        if errors:
            raise errors[0]
        return load_outcome(shop, context)


def _try_rule(shop: OpenShop, name: str, context: TickContext) -> Exception | None:
    try:
        run_rule(shop, name, context)
    except Exception as error:  # noqa: BLE001  # of whatever kind: it is raised when the mail is out
        return error
    return None


async def sync(shop: OpenShop, now: datetime, name: str) -> Sequence[SyncResult]:
    return await sync_all(shop, now=now, only=name)


async def mailbox(shop: OpenShop, now: datetime) -> Sequence[SyncResult]:
    sync_result = await asyncio.to_thread(read_mailbox, shop, now=now)
    return [sync_result] if sync_result else []


def send_digest_if_due(shop: OpenShop, now: datetime) -> None:
    """At the first look after the time that the file names."""
    send_time = shop.config.schedule.morning_letter
    if send_time and now.astimezone(shop.config.shop.zone).time() >= send_time:
        digest.send_digest(shop, now=now)
