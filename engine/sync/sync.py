"""Brings every source of config.yaml up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from connectors.registry import make_connector
from connectors.sync import sync_source
from engine.inbound.provider_suppressions import suppression_source, sync_suppressions
from engine.inbound.read_mailbox import read_mailbox
from engine.open.open_shop import OpenShop
from engine.sync.consent_writeback import Clock, write_back
from engine.sync.describe_source import source_context
from engine.sync.removed_sources import apply_removed_sources
from engine.sync_result import SyncResult
from settings.errors import RegularsError
from shop.db.engine import write_transaction
from shop.ingest.missing_records import confirm_missing

__all__ = [
    "Clock",
    "Progress",
    "SyncResult",
    "confirm_missing_customers",
    "machine_clock",
    "sync_all",
    "sync_mailbox",
]

Progress = Callable[[str, str, int], None]


def machine_clock() -> datetime:
    """Returns the current time in UTC."""
    return datetime.now(UTC)


async def sync_all(
    shop: OpenShop,
    *,
    now: datetime,
    only: str | None = None,
    progress: Progress | None = None,
    clock: Clock = machine_clock,
) -> list[SyncResult]:
    """Sync each source, then the mailbox and the provider's suppression lists; `only` limits it to
    one source.

    A failing source does not stop the others: its result carries the error. `progress` is called
    with source, stream and number of records per page.
    """
    await asyncio.to_thread(_apply_removed_sources, shop, now)
    names = [name for name in shop.config.sources if only in (None, name)]
    results = [
        await _sync_source(shop, name, now=now, progress=progress, clock=clock) for name in names
    ]
    mailbox_results = [] if only else await sync_mailbox(shop, now=now)
    suppressions_result = (
        await asyncio.to_thread(sync_suppressions, shop, now=now)
        if only in (None, suppression_source(shop.config))
        else None
    )
    return [*results, *mailbox_results, *([suppressions_result] if suppressions_result else [])]


def _apply_removed_sources(shop: OpenShop, now: datetime) -> None:
    with write_transaction(shop.engine) as connection:
        apply_removed_sources(connection, shop.config.sources, now)


def confirm_missing_customers(shop: OpenShop, source: str, *, now: datetime) -> int:
    """The owner says that the customers missing at `source` are gone; returns how many."""
    with write_transaction(shop.engine) as connection:
        return confirm_missing(connection, source, now)


async def sync_mailbox(shop: OpenShop, *, now: datetime) -> list[SyncResult]:
    """Read the mailbox in a thread; returns one result, or none where no mailbox is configured."""
    sync_result = await asyncio.to_thread(read_mailbox, shop, now=now)
    return [sync_result] if sync_result else []


async def _sync_source(
    shop: OpenShop, name: str, *, now: datetime, progress: Progress | None, clock: Clock
) -> SyncResult:
    def arrived(stream: str, count: int) -> None:
        if progress:
            progress(name, stream, count)

    try:
        context = source_context(shop.config, shop.folder, name)
        connector = make_connector(shop.config.sources[name], context)
        report = await sync_source(
            shop.engine,
            name,
            connector,
            now=now,
            progress=arrived,
            country=shop.config.shop.country,
        )
        # After reading: an opt-in read just now cancels the write-back.
        writeback = await write_back(shop.engine, name, connector, shop.config.sources, clock=clock)
    except RegularsError as error:
        return SyncResult(name, None, error)
    return SyncResult(name, report, None, writeback)
