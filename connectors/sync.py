"""Reads a source into the shop, page by page.

Rows and cursor are written in one transaction per page: a crash costs at most one page, and the
next run resumes there.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Engine

from connectors import quarantine
from connectors.cursors import Sweep, next_sweep, save_cursor, save_failed, save_finished
from connectors.customer_ids import IncompleteListError, compare_ids, skip_comparison
from connectors.stream import (
    Connector,
    CursorLostError,
    Listing,
    Page,
    Stream,
    merge_rows,
    newest_change,
)
from settings.errors import RegularsError, UnavailableError
from shop.consent.source_statements import count_withdrawn
from shop.db.engine import read_transaction, write_transaction
from shop.ingest.missing_records import (
    AbsenceCounts,
    compare_with_list,
    count_unconfirmed,
    file_list,
)
from shop.ingest.source_rows import ingest_rows, without_addresses
from shop.ingest.unplaced_records import place_by_number
from shop.ingest.versions import lower_future_versions

# Stream of the row about a source as a whole: `finished_at` is when it was last read to its end,
# `since` the first attempt that failed after that.
WHOLE_SOURCE = "all"
NO_ABSENCE = AbsenceCounts()
Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class SyncReport:
    """Records read by stream, and warnings for the owner.

    `absence` counts customers whom the source no longer has; `withdrawn` counts, by reason, the
    people of a file whose yes no longer counts.
    """

    source: str
    streams: dict[str, int]
    quarantined: int = 0
    absence: AbsenceCounts = NO_ABSENCE
    withdrawn: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    skipped_unchanged: bool = False


@dataclass
class SyncTally:
    """The counts of a report while it is being built."""

    streams: dict[str, int] = field(default_factory=dict)
    quarantined: int = 0
    warnings: dict[str, None] = field(default_factory=dict)
    unchanged: int = 0
    absence: AbsenceCounts = NO_ABSENCE
    withdrawn: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class SyncRun:
    """Where the pages of one source are written."""

    engine: Engine
    source: str
    now: datetime
    tally: SyncTally
    progress: Progress
    country: str | None = None
    own_addresses: Collection[str] = ()


async def sync_source(  # noqa: PLR0913 - what the shop says of itself, by name only
    engine: Engine,
    name: str,
    connector: Connector,
    *,
    now: datetime,
    progress: Progress | None = None,
    country: str | None = None,
    own_addresses: Collection[str] = (),
) -> SyncReport:
    """Read everything that changed at source `name` up to `now`.

    `progress` is called with a stream's name and its record count so far. Phone numbers without a
    country code are taken for numbers of `country`; `own_addresses` are the shop's, folded, and no
    customer's. Raises `UnavailableError`; what was read stays.
    """
    tally = SyncTally()
    report_progress = progress or (lambda _stream, _records: None)
    run = SyncRun(engine, name, now, tally, report_progress, country, own_addresses)
    try:
        await _read_streams(run, connector)
    except RegularsError:
        await asyncio.to_thread(_fail, engine, name, now)
        raise
    await asyncio.to_thread(_count_unconfirmed, run)
    if tally.unchanged < len(tally.streams):
        await asyncio.to_thread(_place_by_number, engine, name)
    await asyncio.to_thread(_finish, engine, name, now)
    return SyncReport(
        source=name,
        streams=tally.streams,
        quarantined=tally.quarantined,
        absence=tally.absence,
        withdrawn=tally.withdrawn,
        warnings=tuple(tally.warnings),
        skipped_unchanged=tally.unchanged == len(tally.streams),
    )


async def _read_streams(run: SyncRun, connector: Connector) -> None:
    async with connector.open() as streams:
        for stream in streams:
            is_first_reading = await _catch_up(run, stream)
            if stream.listing:
                await _compare_ids(run, stream.listing, is_first_reading=is_first_reading)


async def _catch_up(run: SyncRun, stream: Stream) -> bool:
    """Finish an interrupted sweep, then read up to now; return whether all there is was read."""
    run.tally.streams[stream.name] = 0
    sweep = await asyncio.to_thread(next_sweep, run.engine, run.source, stream, run.now)
    if sweep is None:
        run.tally.unchanged += 1
        return False
    await _sweep_or_restart(run, stream, sweep)
    if stream.is_complete:
        await asyncio.to_thread(_compare_file, run, stream, sweep)
    if sweep.resumed:
        next_window = await asyncio.to_thread(next_sweep, run.engine, run.source, stream, run.now)
        if next_window is not None:
            await _sweep(run, stream, next_window)
    return sweep.window.since is None and not sweep.resumed


def _compare_file(run: SyncRun, stream: Stream, sweep: Sweep) -> None:
    """Whom a complete file leaves out is gone."""
    read_at = sweep.window.until
    with write_transaction(run.engine) as connection:
        complete = file_list(run.source, run.tally.streams[stream.name], read_at)
        run.tally.absence = compare_with_list(connection, complete)


async def _compare_ids(run: SyncRun, listing: Listing, *, is_first_reading: bool) -> None:
    """A platform that shows no deletions is asked once a day for the ids of all customers."""
    if is_first_reading:
        await asyncio.to_thread(skip_comparison, run.engine, run.source, run.now)
        return
    try:
        counts = await compare_ids(run.engine, run.source, listing, now=run.now)
    except IncompleteListError as error:
        run.tally.warnings[LIST_INCOMPLETE.format(reason=error)] = None
    else:
        run.tally.absence = counts or NO_ABSENCE


def _count_unconfirmed(run: SyncRun) -> None:
    """Missing customers that wait for confirmation are mentioned by each sync."""
    with read_transaction(run.engine) as connection:
        unconfirmed = count_unconfirmed(connection, run.source)
    run.tally.absence = replace(run.tally.absence, unconfirmed=unconfirmed)
    if unconfirmed:
        warning = MANY_MISSING.format(count=f"{unconfirmed:,}", source=run.source)
        run.tally.warnings[warning] = None


async def _sweep_or_restart(run: SyncRun, stream: Stream, sweep: Sweep) -> None:
    try:
        await _sweep(run, stream, sweep)
    except CursorLostError:
        if not sweep.resumed:
            raise _stuck_error(run, stream, "does not know its own place any more") from None
        await _sweep(run, stream, Sweep(sweep.window, newest=sweep.newest))


async def _sweep(run: SyncRun, stream: Stream, sweep: Sweep) -> None:
    page = await stream.fetch(sweep.window, sweep.cursor)
    visited = {sweep.cursor}
    while True:
        if page.next_cursor in visited and page.next_cursor is not None:
            raise _stuck_error(run, stream, "gives the same page again and again")
        visited.add(page.next_cursor)
        newest, next_page = await _write_while_fetching(run, stream, sweep, page)
        if next_page is None:
            return
        sweep = replace(sweep, cursor=page.next_cursor, newest=newest)
        if page.records and next_page.records == page.records:
            raise _stuck_error(run, stream, "gives the same page again and again")
        page = next_page


async def _write_while_fetching(
    run: SyncRun, stream: Stream, sweep: Sweep, page: Page
) -> tuple[datetime | None, Page | None]:
    """Write this page while the next one is being fetched.

    Return the newest change so far and the next page, None after the last one.
    """
    writes = asyncio.to_thread(_write, run, stream, sweep, page)
    if page.next_cursor is None:
        newest = await writes
        _report_progress(run, stream, page)
        return newest, None
    # Both finish even if one fails: a transaction must not outlive this call.
    write_result, next_page = await asyncio.gather(
        writes, stream.fetch(sweep.window, page.next_cursor), return_exceptions=True
    )
    if isinstance(write_result, BaseException):
        raise write_result
    _report_progress(run, stream, page)
    if isinstance(next_page, BaseException):
        raise next_page
    return write_result, next_page


def _write(run: SyncRun, stream: Stream, sweep: Sweep, page: Page) -> datetime | None:
    """Write a page with the position after it; return the newest change so far."""
    parsed = [stream.parse(record, sweep.window.until) for record in page.records]
    with write_transaction(run.engine) as connection:
        if stream.fingerprint and sweep.cursor is None:
            quarantine.clear_stream(connection, run.source, stream.name)
            lower_future_versions(connection, run.source, sweep.window.until)
        if stream.reconcile:
            parsed = stream.reconcile(connection, page.records, parsed)
        rows = without_addresses(merge_rows(parsed), run.own_addresses)
        changes = (sweep.newest, newest_change(rows, sweep.window.until))
        sweep = replace(sweep, newest=max(filter(None, changes), default=None))
        withdrawn = count_withdrawn(connection, rows.statements) if stream.fingerprint else None
        ingest_rows(connection, run.source, rows, country=run.country, now=run.now)
        quarantined = quarantine.update_page(
            connection,
            run.source,
            stream.name,
            list(zip(page.records, parsed, strict=True)),
            run.now,
        )
        save_cursor(connection, run.source, stream, sweep, page.next_cursor)
    run.tally.quarantined += quarantined
    run.tally.withdrawn.update(withdrawn or {})
    run.tally.warnings |= dict.fromkeys(text for record in parsed for text in record.warnings)
    return sweep.newest


def _report_progress(run: SyncRun, stream: Stream, page: Page) -> None:
    tally = run.tally
    tally.streams[stream.name] += len(page.records)
    tally.warnings |= dict.fromkeys(page.warnings)
    run.progress(stream.name, tally.streams[stream.name])


def _fail(engine: Engine, source: str, now: datetime) -> None:
    with write_transaction(engine) as connection:
        save_failed(connection, source, WHOLE_SOURCE, now)


def _finish(engine: Engine, source: str, now: datetime) -> None:
    with write_transaction(engine) as connection:
        quarantine.purge_old_records(connection, source, now)
        save_finished(connection, source, WHOLE_SOURCE, now)


def _place_by_number(engine: Engine, source: str) -> None:
    with write_transaction(engine) as connection:
        place_by_number(connection, source)


LIST_INCOMPLETE = (
    "It could not be found out who was deleted there, so nobody counts as deleted. The next sync "
    "asks again. {reason}"
)
MANY_MISSING = (
    "Missing in {source} now: {count} of its customers. So many at once may mean that the list is "
    "not complete, so they count as before. If they are really gone, run: "
    "regulars sync {source} --confirm-missing"
)


def _stuck_error(run: SyncRun, stream: Stream, problem: str) -> UnavailableError:
    return UnavailableError(
        f"Source {run.source} {problem} when asked for {stream.name}. What was read is kept. "
        "Run it again later; if it stays so, the platform has to mend it."
    )
