"""Reads a source into the shop, page by page.

Rows and cursor are written in one transaction a page, so a kill costs at most one page and
the next run goes on where this one stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Engine

from connectors import quarantine
from connectors.cursors import Sweep, advance, next_sweep
from connectors.stream import Connector, CursorLostError, Page, Stream, together
from settings.errors import OutOfReach
from shop.db.engine import writing
from shop.ingest.arrivals import arrive

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Report:
    """What one sync brought: records arrived by stream, and what its reader should know."""

    source: str
    streams: dict[str, int]
    quarantined: int = 0
    warnings: tuple[str, ...] = ()
    skipped_unchanged: bool = False


@dataclass
class Tally:
    """A report while it grows."""

    streams: dict[str, int] = field(default_factory=dict)
    quarantined: int = 0
    warnings: dict[str, None] = field(default_factory=dict)
    unchanged: int = 0


@dataclass(frozen=True)
class Reading:
    """Where the pages of one source go."""

    engine: Engine
    source: str
    now: datetime
    tally: Tally
    progress: Progress
    country: str | None = None


async def sync(
    engine: Engine,
    name: str,
    connector: Connector,
    *,
    now: datetime,
    progress: Progress | None = None,
    country: str | None = None,
) -> Report:
    """Bring everything that changed at this source up to `now`.

    Phone numbers without a country of their own are numbers of `country`.
    """
    tally = Tally()
    told = progress or (lambda _stream, _records: None)
    reading = Reading(engine, name, now, tally, told, country)
    async with connector.open() as streams:
        for stream in streams:
            await _catch_up(reading, stream)
    await asyncio.to_thread(_tidy, engine, name, now)
    return Report(
        source=name,
        streams=tally.streams,
        quarantined=tally.quarantined,
        warnings=tuple(tally.warnings),
        skipped_unchanged=tally.unchanged == len(tally.streams),
    )


async def _catch_up(reading: Reading, stream: Stream) -> None:
    """Finish the sweep that was cut short, if one was; then read up to now."""
    reading.tally.streams[stream.name] = 0
    sweep = await asyncio.to_thread(next_sweep, reading.engine, reading.source, stream, reading.now)
    if sweep is None:
        reading.tally.unchanged += 1
        return
    await _sweep_or_begin_anew(reading, stream, sweep)
    if sweep.resumed:
        fresh = await asyncio.to_thread(
            next_sweep, reading.engine, reading.source, stream, reading.now
        )
        if fresh is not None:
            await _sweep(reading, stream, fresh)


async def _sweep_or_begin_anew(reading: Reading, stream: Stream, sweep: Sweep) -> None:
    try:
        await _sweep(reading, stream, sweep)
    except CursorLostError:
        if not sweep.resumed:
            raise _stuck(reading, stream, "does not know its own place any more") from None
        await _sweep(reading, stream, Sweep(sweep.window))


async def _sweep(reading: Reading, stream: Stream, sweep: Sweep) -> None:
    page = await stream.fetch(sweep.window, sweep.cursor)
    visited = {sweep.cursor}
    while True:
        if page.next in visited and page.next is not None:
            raise _stuck(reading, stream, "gives the same page again and again")
        visited.add(page.next)
        following = await _write_while_fetching(reading, stream, sweep, page)
        if following is None:
            return
        sweep = replace(sweep, cursor=page.next)
        if page.records and following.records == page.records:
            raise _stuck(reading, stream, "gives the same page again and again")
        page = following


async def _write_while_fetching(
    reading: Reading, stream: Stream, sweep: Sweep, page: Page
) -> Page | None:
    """Write this page; the next one travels meanwhile."""
    writes = asyncio.to_thread(_write, reading, stream, sweep, page)
    if page.next is None:
        await writes
        _tell(reading, stream, page)
        return None
    # Both are let finish whatever happens: a transaction must not outlive this call.
    written, following = await asyncio.gather(
        writes, stream.fetch(sweep.window, page.next), return_exceptions=True
    )
    if isinstance(written, BaseException):
        raise written
    _tell(reading, stream, page)
    if isinstance(following, BaseException):
        raise following
    return following


def _write(reading: Reading, stream: Stream, sweep: Sweep, page: Page) -> None:
    understood = [stream.rows(record, sweep.window.until) for record in page.records]
    with writing(reading.engine) as connection:
        if stream.fingerprint and sweep.cursor is None:
            quarantine.clear(connection, reading.source, stream.name)
        arrive(
            connection,
            reading.source,
            together(understood),
            country=reading.country,
            now=reading.now,
        )
        bad = quarantine.settle(
            connection,
            reading.source,
            stream.name,
            list(zip(page.records, understood, strict=True)),
            reading.now,
        )
        advance(connection, reading.source, stream, sweep, page.next)
    reading.tally.quarantined += bad


def _tell(reading: Reading, stream: Stream, page: Page) -> None:
    tally = reading.tally
    tally.streams[stream.name] += len(page.records)
    tally.warnings |= dict.fromkeys(page.warnings)
    reading.progress(stream.name, tally.streams[stream.name])


def _tidy(engine: Engine, source: str, now: datetime) -> None:
    with writing(engine) as connection:
        quarantine.forget(connection, source, now)


def _stuck(reading: Reading, stream: Stream, what: str) -> OutOfReach:
    return OutOfReach(
        f"Source {reading.source} {what} when asked for {stream.name}. What was read is kept. "
        "Run it again later; if it stays so, the platform has to mend it."
    )
