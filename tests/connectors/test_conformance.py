"""What every connector must do, whichever its platform."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import SQLModel

from connectors.stream import Connector, Page, ParsedRecord, Stream, Window
from shop.db.engine import open_database
from shop.ingest.missing_records import AbsenceCounts
from shop.tables import (
    Basis,
    BasisStatement,
    Booking,
    Cart,
    CartLine,
    Customer,
    Identity,
    Order,
    OrderCoupon,
    OrderLine,
    PointsEntry,
    QuarantinedRecord,
    Refund,
    SyncState,
)
from tests.connectors.conformance_cases import CASES, ConformanceCase
from tests.connectors.corner_cafe import hours_later, run_sync, table_rows

WRITTEN: tuple[type[SQLModel], ...] = (
    *(Identity, BasisStatement, Order, OrderLine, OrderCoupon, Cart, CartLine, Customer, Basis),
    *(Refund, Booking, PointsEntry, QuarantinedRecord),
)
UninterruptedRun = Callable[[Any], tuple[list[Any], int]]
DELETION_LISTS = ("online-shop", "till", "web-shop")  # sources that are asked for all ids
FACTS = ("source", "external_id", "version")
# Pages of a sweep that finds nothing: a resumed sweep is followed by one up to now.
EMPTY_SWEEP = {"online-shop": 1, "till": 1, "web-shop": 2}


class KilledError(Exception):
    """Stands for the end of the process."""


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> ConformanceCase:
    new_case: ConformanceCase = CASES[request.param](tmp_path)
    return new_case


@pytest.fixture(scope="module")
def uninterrupted_run(
    prepared_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> UninterruptedRun:
    """Return the shop's facts after a run without interruption, and its number of pages."""

    @cache
    def after(case_class: Any) -> tuple[list[Any], int]:
        folder = tmp_path_factory.mktemp("undisturbed")
        shutil.copy(prepared_sqlite, folder)
        case = case_class(folder)
        engine = open_database("sqlite:///regulars.db", base_folder=folder)
        watched = WatchedConnector(case.connector(), only=case.stream)
        run_sync(engine, watched, name=case.source)
        expected = shop_facts(engine)
        engine.dispose()
        return expected, watched.fetched

    return after


@dataclass
class WatchedConnector:
    """A connector whose pages are counted and can be cut off."""

    inner: Connector
    fetched: int = 0
    most: int = 1_000_000
    only: str | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sequence[Stream]]:
        async with self.inner.open() as streams:
            yield [replace(stream, fetch=self.counting(stream)) for stream in streams]

    def counting(self, stream: Stream) -> Callable[[Window, str | None], Any]:
        async def fetch(window: Window, cursor: str | None) -> Page:
            if self.only in (None, stream.name):
                self.fetched += 1
                if self.fetched > self.most:
                    raise KilledError
            return await stream.fetch(window, cursor)

        return fetch


def all_rows(engine: Engine) -> list[list[tuple[Any, ...]]]:
    return [table_rows(engine, model) for model in WRITTEN]


def shop_facts(engine: Engine) -> list[Any]:
    """Return what the shop stores, without ids that depend on the order of arrival."""
    return [
        table_rows(engine, Identity, *FACTS, "email", "first_name"),
        table_rows(engine, Order, *FACTS, "total", "placed_at", "customer_key"),
        table_rows(engine, OrderLine, "order_key", "position", "title", "total"),
        table_rows(engine, OrderCoupon, "order_key", "position", "code", "discount"),
        table_rows(engine, Cart, *FACTS, "total", "left_at", "converted_at"),
        table_rows(engine, Refund, *FACTS, "order_key", "total"),
        table_rows(engine, Booking, *FACTS, "customer_key", "status"),
        table_rows(engine, PointsEntry, *FACTS, "customer_key", "points", "expires_at"),
        table_rows(engine, BasisStatement, "external_id", "says", "said_at"),
        table_rows(engine, Customer, "email", "first_name", "birthday"),
        table_rows(engine, QuarantinedRecord, "record_key", "reason"),
    ]


def test_a_second_sync_changes_nothing(engine: Engine, case: ConformanceCase) -> None:
    run_sync(engine, case.connector(), name=case.source)
    before = all_rows(engine)
    report = run_sync(engine, case.connector(), name=case.source)
    assert all_rows(engine) == before
    assert report.quarantined == 0


def test_later_syncs_repeat_no_statement(engine: Engine, case: ConformanceCase) -> None:
    """The newest records are read again each time, as they may have been indexed late."""
    run_sync(engine, case.connector(), name=case.source)
    before = table_rows(engine, BasisStatement)
    for hours in (1, 2, 25):
        run_sync(engine, case.connector(), name=case.source, now=hours_later(hours))
    assert table_rows(engine, BasisStatement) == before


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_kill_costs_at_most_one_page(
    engine: Engine, case: ConformanceCase, uninterrupted_run: UninterruptedRun, page: int
) -> None:
    expected, pages = uninterrupted_run(type(case))
    interrupted = WatchedConnector(case.connector(), most=page, only=case.stream)
    with pytest.raises(KilledError):
        run_sync(engine, interrupted, name=case.source)
    resumed = WatchedConnector(case.connector(), only=case.stream)
    run_sync(engine, resumed, name=case.source)

    assert shop_facts(engine) == expected
    extra = EMPTY_SWEEP.get(case.source, 0)
    assert resumed.fetched <= pages - (page - 1) + extra


def test_a_kill_while_writing_leaves_rows_and_place_together(
    engine: Engine, case: ConformanceCase
) -> None:
    def killed(stream: str, records: int) -> None:
        if stream == case.stream:
            raise KilledError

    with pytest.raises(KilledError):
        run_sync(engine, case.connector(), name=case.source, progress=killed)
    written_rows = len(table_rows(engine, Order)) if case.stream == "orders" else len(
        table_rows(engine, Identity)
    )  # fmt: skip
    [position] = [
        row for row in table_rows(engine, SyncState, "stream", "cursor") if row[0] == case.stream
    ]
    assert position[1] is not None
    assert written_rows > 0
    run_sync(engine, case.connector(), name=case.source)
    finished = table_rows(engine, SyncState, "stream", "cursor", "until")
    assert all(cursor is None and until is None for _, cursor, until in finished)


def test_the_order_of_pages_does_not_matter(
    engine: Engine, case: ConformanceCase, uninterrupted_run: UninterruptedRun
) -> None:
    run_sync(engine, ReversedConnector(case.connector()), name=case.source)
    assert shop_facts(engine) == uninterrupted_run(type(case))[0]


@dataclass
class ReversedConnector:
    """The same pages in reverse order, and the streams too."""

    inner: Connector

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sequence[Stream]]:
        async with self.inner.open() as streams:
            yield [replace(stream, fetch=self.reversed(stream)) for stream in streams[::-1]]

    def reversed(self, stream: Stream) -> Callable[[Window, str | None], Any]:
        pages: list[Page] = []

        async def fetch(window: Window, cursor: str | None) -> Page:
            if not pages:
                pages.append(await stream.fetch(window, None))
                while (following := pages[-1].next_cursor) is not None:
                    pages.append(await stream.fetch(window, following))
                pages.reverse()
            position = int(cursor or 0)
            next_cursor = str(position + 1) if position + 1 < len(pages) else None
            return replace(pages[position], next_cursor=next_cursor)

        return fetch


def test_a_change_arrives_and_the_older_copy_does_not_come_back(
    engine: Engine, case: ConformanceCase
) -> None:
    if case.source == "old-till":
        return  # orders have no first names; test_rows covers their versions
    old = RecordingConnector(case.connector())
    run_sync(engine, old, name=case.source)
    before, after = case.rename_customer()
    run_sync(engine, case.connector(), name=case.source, now=hours_later(1))
    names = [name for (name,) in table_rows(engine, Customer, "first_name")]
    assert after in names
    # A webhook or a slow server may deliver the older copy again.
    run_sync(engine, ReplayingConnector(old), name=case.source, now=hours_later(2))
    assert [name for (name,) in table_rows(engine, Customer, "first_name")] == names
    assert before != after


@dataclass
class RecordingConnector:
    """A connector that keeps its pages, with the time they were read."""

    inner: Connector

    def __post_init__(self) -> None:
        self.kept: dict[str, tuple[Stream, list[Page], datetime]] = {}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sequence[Stream]]:
        async with self.inner.open() as streams:
            yield [replace(stream, fetch=self.keeping(stream)) for stream in streams]

    def keeping(self, stream: Stream) -> Callable[[Window, str | None], Any]:
        async def fetch(window: Window, cursor: str | None) -> Page:
            page = await stream.fetch(window, cursor)
            self.kept.setdefault(stream.name, (stream, [], window.until))[1].append(page)
            return page

        return fetch


@dataclass
class ReplayingConnector:
    """The recorded pages once more, parsed with their original time."""

    recording: RecordingConnector

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sequence[Stream]]:
        yield [
            Stream(name, self.again(pages), self.as_then(stream, read_at))
            for name, (stream, pages, read_at) in self.recording.kept.items()
        ]

    def as_then(self, stream: Stream, read_at: datetime) -> Callable[[Any, datetime], ParsedRecord]:
        return lambda record, _now: stream.parse(record, read_at)

    def again(self, pages: list[Page]) -> Callable[[Window, str | None], Any]:
        async def fetch(_window: Window, _cursor: str | None) -> Page:
            return Page([record for page in pages for record in page.records], None)

        return fetch


def test_bad_records_are_quarantined_and_the_rest_is_stored(
    engine: Engine, case: ConformanceCase
) -> None:
    case.corrupt()
    report = run_sync(engine, case.connector(), name=case.source)
    quarantined = table_rows(engine, QuarantinedRecord, "stream", "reason")
    assert report.quarantined == len(quarantined) > 0
    assert {stream for stream, _ in quarantined} == {case.stream}
    assert report.streams[case.stream] > len(quarantined)
    assert not any("@" in reason for _, reason in quarantined)


def test_repaired_records_leave_the_quarantine(engine: Engine, case: ConformanceCase) -> None:
    case.corrupt()
    run_sync(engine, case.connector(), name=case.source)
    case.repair()
    run_sync(engine, case.connector(), name=case.source, now=hours_later(1))
    assert table_rows(engine, QuarantinedRecord) == []


def test_a_clock_that_was_ahead_hides_no_later_change(
    engine: Engine, case: ConformanceCase
) -> None:
    if case.source == "old-till":
        return  # orders have no first names
    run_sync(engine, case.connector(), name=case.source, now=hours_later(24 * 365))
    _, after = case.rename_customer()
    run_sync(engine, case.connector(), name=case.source, now=hours_later(1))
    assert after in [name for (name,) in table_rows(engine, Customer, "first_name")]


def absences(engine: Engine) -> dict[str, str]:
    """Return the absence of each record that its source lacks, by its key."""
    rows = table_rows(engine, Identity, "external_id", "absence")
    return {key: absence for key, absence in rows if absence is not None}


def test_a_deleted_customer_is_found_the_next_day(engine: Engine, case: ConformanceCase) -> None:
    run_sync(engine, case.connector(), name=case.source)
    key = case.delete_customer()
    report = run_sync(engine, case.connector(), name=case.source, now=hours_later(24))
    assert absences(engine) == ({key: "gone"} if key else {})
    assert report.absence.gone == bool(key)
    again = run_sync(engine, case.connector(), name=case.source, now=hours_later(25))
    assert again.absence == AbsenceCounts()


def test_a_list_that_breaks_off_removes_no_customer(engine: Engine, case: ConformanceCase) -> None:
    if case.source not in DELETION_LISTS:
        return
    run_sync(engine, case.connector(), name=case.source)
    case.delete_customer()
    case.refuse_pages()
    streams = OnlyListing(case.connector())
    report = run_sync(engine, streams, name=case.source, now=hours_later(24))
    assert absences(engine) == {}
    assert any("could not be found out who was deleted" in text for text in report.warnings)


@dataclass
class OnlyListing:
    """A connector whose streams are up to date: only the ids of its customers are asked for."""

    inner: Connector

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sequence[Stream]]:
        async def nothing(_window: Window, _cursor: str | None) -> Page:
            return Page([], None)

        async with self.inner.open() as streams:
            yield [replace(stream, fetch=nothing) for stream in streams]
