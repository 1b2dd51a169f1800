"""Brings every source of config.yaml up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime

from connectors.registry import make_connector, platform_of
from connectors.sync import sync_source
from engine.clock.server_time import noting_server_time
from engine.config.own_addresses import own_addresses
from engine.inbound.provider_suppressions import suppression_source, sync_suppressions
from engine.inbound.read_mailbox import read_mailbox
from engine.open.open_shop import OpenShop
from engine.sync.consent_writeback import Clock, write_back
from engine.sync.describe_source import source_context
from engine.sync.removed_sources import apply_removed_sources
from engine.sync_result import SyncResult
from settings.errors import RegularsError
from shop.db.engine import read_transaction, write_transaction
from shop.identity.shared_addresses import MANY_PURCHASES, load_shared_addresses
from shop.ingest.missing_records import confirm_missing
from shop.ingest.unplaced_records import UnplacedRecords, count_unplaced

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
    results = await asyncio.to_thread(_with_unplaced, shop, results)
    results = await asyncio.to_thread(_with_shared_addresses, shop, results)
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


def _with_unplaced(shop: OpenShop, results: list[SyncResult]) -> list[SyncResult]:
    """Return `results` with a warning for each file whose records are of customers not known.

    This comes last: the list of customers may be read after the file.
    """
    with read_transaction(shop.engine) as connection:
        return [
            add_warnings(result, map(unplaced_warning, count_unplaced(connection, result.source)))
            if result.report and not result.report.skipped_unchanged
            and platform_of(shop.config.sources[result.source]).describe
            else result
            for result in results
        ]  # fmt: skip


def _with_shared_addresses(shop: OpenShop, results: list[SyncResult]) -> list[SyncResult]:
    """Return `results` with the addresses that carry too much for one person.

    All purchases are counted for it, so only after much was read.
    """
    with read_transaction(shop.engine) as connection:
        return [
            replace(
                result, shared_addresses=tuple(load_shared_addresses(connection, result.source))
            )
            if result.report and sum(result.report.streams.values()) >= MANY_PURCHASES
            else result
            for result in results
        ]


def unplaced_warning(records: UnplacedRecords) -> str:
    """Return the sentence about records of customers whom no list has."""
    examples = f", for example {' and '.join(records.examples)}" if records.examples else ""
    return (
        f"{records.unplaced:,} of {records.named:,} {records.stream} name a customer that no list "
        f"has{examples}. They belong to no customer. Compare the column customer with the numbers "
        "in your list of customers, and see customers of in docs/sources.md."
    )


def add_warnings(result: SyncResult, warnings: Iterable[str]) -> SyncResult:
    if result.report is None:
        return result
    report = replace(result.report, warnings=(*result.report.warnings, *warnings))
    return replace(result, report=report)


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
        with noting_server_time(shop.folder):
            report = await sync_source(
                shop.engine,
                name,
                connector,
                now=now,
                progress=arrived,
                country=shop.config.shop.country,
                own_addresses=own_addresses(shop.config),
            )
        # After reading: an opt-in read just now cancels the write-back.
        writeback = await write_back(shop.engine, name, connector, shop.config.sources, clock=clock)
    except RegularsError as error:
        return SyncResult(name, None, error)
    return SyncResult(name, report, None, writeback)
