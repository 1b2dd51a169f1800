"""The same work without Prefect, for when its server does not answer: mail does not wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from engine.inbound.read_mailbox import read_mailbox
from engine.open.open_shop import OpenShop
from engine.owner import digest
from engine.run import LOCK, begin, outcome, run_rule
from engine.sync.sync import Synced, sync_all
from engine.tick.counts import Counts
from engine.tick_context import Turn
from flows.runtime.graceful_stop import Asked, deliver_until
from shop.db.locks import alone


def tick(shop: OpenShop, now: datetime, asked: Asked) -> dict[str, Counts]:
    """As `flows.tick.tick`: a rule that fails keeps back neither the others nor what is due."""
    with alone(shop.engine, LOCK):
        turn, names = begin(shop, now=now)
        failures = [why for name in names if not asked() and (why := _failure(shop, name, turn))]
        deliver_until(shop, turn, None, asked)
        if failures:
            raise failures[0]
        return outcome(shop, turn)


def _failure(shop: OpenShop, name: str, turn: Turn) -> Exception | None:
    try:
        run_rule(shop, name, turn)
    except Exception as error:  # noqa: BLE001  # of whatever kind: it is raised when the mail is out
        return error
    return None


async def sync(shop: OpenShop, now: datetime, name: str) -> Sequence[Synced]:
    return await sync_all(shop, now=now, only=name)


async def mailbox(shop: OpenShop, now: datetime) -> Sequence[Synced]:
    read = await asyncio.to_thread(read_mailbox, shop, now=now)
    return [read] if read else []


def write_to_the_owner(shop: OpenShop, now: datetime) -> None:
    """At the first look after the time that the file names."""
    at = shop.file.schedule.morning_letter
    if at and now.astimezone(shop.file.shop.zone).time() >= at:
        digest.send(shop, now=now)
