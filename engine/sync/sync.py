"""Bringing every source of the owner's file up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from connectors.factory import connector_of
from connectors.sync import sync
from engine.inbound.provider_suppressions import SENDGRID, read_lists
from engine.inbound.read_mailbox import read_mailbox
from engine.open.open_shop import OpenShop
from engine.sync.consent_writeback import Clock, write_back
from engine.sync_result import Synced
from settings.errors import Trouble

__all__ = ["Clock", "Progress", "Synced", "machine_clock", "sync_all"]

Progress = Callable[[str, str, int], None]


def machine_clock() -> datetime:
    return datetime.now(UTC)


async def sync_all(
    shop: OpenShop,
    *,
    now: datetime,
    only: str | None = None,
    progress: Progress | None = None,
    clock: Clock = machine_clock,
) -> list[Synced]:
    """Each source on its own: one that fails does not keep the others from arriving."""
    names = [name for name in shop.file.sources if only in (None, name)]
    found = [await _one(shop, name, now=now, progress=progress, clock=clock) for name in names]
    came_back = None if only else await asyncio.to_thread(read_mailbox, shop, now=now)
    left = await asyncio.to_thread(read_lists, shop, now=now) if only in (None, SENDGRID) else None
    return [*found, *(one for one in (came_back, left) if one)]


async def _one(
    shop: OpenShop, name: str, *, now: datetime, progress: Progress | None, clock: Clock
) -> Synced:
    def arrived(stream: str, records: int) -> None:
        if progress:
            progress(name, stream, records)

    try:
        connector = connector_of(
            name,
            shop.file.sources[name],
            beside=shop.folder,
            shop_currency=shop.file.shop.currency,
            zone=shop.file.shop.zone,
            sources=shop.file.sources,
        )
        report = await sync(
            shop.engine,
            name,
            connector,
            now=now,
            progress=arrived,
            country=shop.file.shop.country,
        )
        # After reading: a yes that came with it is nothing to tell a no of.
        noes = await write_back(shop.engine, name, connector, shop.file.sources, clock=clock)
    except Trouble as trouble:
        return Synced(name, None, trouble)
    return Synced(name, report, None, noes)
