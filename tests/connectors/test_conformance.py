"""What every connector must do, whatever its platform."""

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

from connectors.stream import Connector, Page, Stream, Understood, Window
from shop.db.engine import open_database
from shop.tables import (
    Basis,
    BasisStatement,
    Booking,
    Cart,
    CartLine,
    Customer,
    Identity,
    Order,
    OrderLine,
    PointsEntry,
    Quarantined,
    Refund,
    SyncState,
)
from tests.connectors.conformance_cases import CANDIDATES, Candidate
from tests.connectors.corner_cafe import later, rows, run

WRITTEN: tuple[type[SQLModel], ...] = (
    *(Identity, BasisStatement, Order, OrderLine, Cart, CartLine, Customer, Basis),
    *(Refund, Booking, PointsEntry, Quarantined, SyncState),
)
Undisturbed = Callable[[Any], tuple[list[Any], int]]
FACTS = ("source", "external_id", "version")


class KilledError(Exception):
    """The process ends here."""


@pytest.fixture(params=CANDIDATES)
def candidate(request: pytest.FixtureRequest, tmp_path: Path) -> Candidate:
    made: Candidate = CANDIDATES[request.param](tmp_path)
    return made


@pytest.fixture(scope="module")
def undisturbed(prepared_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """What is known after a run that nothing broke off, and how many pages that took."""

    @cache
    def after(kind: Any) -> tuple[list[Any], int]:
        folder = tmp_path_factory.mktemp("undisturbed")
        shutil.copy(prepared_file, folder)
        candidate = kind(folder)
        engine = open_database("sqlite:///regulars.db", beside=folder)
        whole = Watched(candidate.connector(), only=candidate.stream)
        run(engine, whole, name=candidate.source)
        known = facts(engine)
        engine.dispose()
        return known, whole.fetched

    return after


@dataclass
class Watched:
    """A connector whose pages are counted, changed, or cut off."""

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


def everything(engine: Engine) -> list[list[tuple[Any, ...]]]:
    return [rows(engine, model) for model in WRITTEN]


def facts(engine: Engine) -> list[Any]:
    """What the shop knows, without the numbers that say in which order it came."""
    return [
        rows(engine, Identity, *FACTS, "email", "first_name"),
        rows(engine, Order, *FACTS, "total", "placed_at", "customer_key"),
        rows(engine, OrderLine, "order_key", "position", "title", "total"),
        rows(engine, Cart, *FACTS, "total", "left_at", "converted_at"),
        rows(engine, Refund, *FACTS, "order_key", "total"),
        rows(engine, Booking, *FACTS, "customer_key", "status"),
        rows(engine, PointsEntry, *FACTS, "customer_key", "points", "expires_at"),
        rows(engine, BasisStatement, "external_id", "says", "said_at"),
        rows(engine, Customer, "email", "first_name", "birthday"),
        rows(engine, Quarantined, "record_key", "reason"),
    ]


def test_a_second_sync_changes_nothing(engine: Engine, candidate: Candidate) -> None:
    run(engine, candidate.connector(), name=candidate.source)
    before = everything(engine)
    again = run(engine, candidate.connector(), name=candidate.source)
    assert everything(engine) == before
    assert again.quarantined == 0


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_kill_costs_at_most_one_page(
    engine: Engine, candidate: Candidate, undisturbed: Undisturbed, page: int
) -> None:
    known, pages = undisturbed(type(candidate))
    cut_short = Watched(candidate.connector(), most=page, only=candidate.stream)
    with pytest.raises(KilledError):
        run(engine, cut_short, name=candidate.source)
    resumed = Watched(candidate.connector(), only=candidate.stream)
    run(engine, resumed, name=candidate.source)

    assert facts(engine) == known
    extra = (
        1 if candidate.source in ("online-shop", "till") else 0
    )  # then up to now, in one empty page
    assert resumed.fetched <= pages - (page - 1) + extra


def test_a_kill_while_writing_leaves_rows_and_place_together(
    engine: Engine, candidate: Candidate
) -> None:
    def killed(stream: str, records: int) -> None:
        if stream == candidate.stream:
            raise KilledError

    with pytest.raises(KilledError):
        run(engine, candidate.connector(), name=candidate.source, progress=killed)
    written = len(rows(engine, Order)) if candidate.stream == "orders" else len(
        rows(engine, Identity)
    )  # fmt: skip
    [place] = [
        row for row in rows(engine, SyncState, "stream", "cursor") if row[0] == candidate.stream
    ]
    assert place[1] is not None
    assert written > 0
    run(engine, candidate.connector(), name=candidate.source)
    finished = rows(engine, SyncState, "stream", "cursor", "until")
    assert all(cursor is None and until is None for _, cursor, until in finished)


def test_the_order_of_pages_does_not_matter(
    engine: Engine, candidate: Candidate, undisturbed: Undisturbed
) -> None:
    run(engine, Backwards(candidate.connector()), name=candidate.source)
    assert facts(engine) == undisturbed(type(candidate))[0]


@dataclass
class Backwards:
    """The same pages, the last one first, and what was bought before who bought it."""

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
                while (following := pages[-1].next) is not None:
                    pages.append(await stream.fetch(window, following))
                pages.reverse()
            place = int(cursor or 0)
            more = str(place + 1) if place + 1 < len(pages) else None
            return replace(pages[place], next=more)

        return fetch


def test_a_change_arrives_and_the_older_copy_does_not_come_back(
    engine: Engine, candidate: Candidate
) -> None:
    if candidate.source == "old-till":
        return  # purchases have no first names; their versions are tested with their rows
    old = Recording(candidate.connector())
    run(engine, old, name=candidate.source)
    before, after = candidate.change()
    run(engine, candidate.connector(), name=candidate.source, now=later(1))
    names = [name for (name,) in rows(engine, Customer, "first_name")]
    assert after in names
    # A webhook or a slow server tells the older copy once more.
    run(engine, Replaying(old), name=candidate.source, now=later(2))
    assert [name for (name,) in rows(engine, Customer, "first_name")] == names
    assert before != after


@dataclass
class Recording:
    """A connector whose pages are kept as they came, with the time they were read."""

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
class Replaying:
    """The kept pages once more, as they were read then."""

    recording: Recording

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sequence[Stream]]:
        yield [
            Stream(name, self.again(pages), self.as_then(stream, at))
            for name, (stream, pages, at) in self.recording.kept.items()
        ]

    def as_then(self, stream: Stream, at: datetime) -> Callable[[Any, datetime], Understood]:
        return lambda record, _now: stream.rows(record, at)

    def again(self, pages: list[Page]) -> Callable[[Window, str | None], Any]:
        async def fetch(_window: Window, _cursor: str | None) -> Page:
            return Page([record for page in pages for record in page.records], None)

        return fetch


def test_what_cannot_be_used_is_put_aside_and_the_rest_goes_on(
    engine: Engine, candidate: Candidate
) -> None:
    candidate.spoil()
    report = run(engine, candidate.connector(), name=candidate.source)
    aside = rows(engine, Quarantined, "stream", "reason")
    assert report.quarantined == len(aside) > 0
    assert {stream for stream, _ in aside} == {candidate.stream}
    assert report.streams[candidate.stream] > len(aside)
    assert not any("@" in reason for _, reason in aside)


def test_what_is_mended_leaves_the_quarantine(engine: Engine, candidate: Candidate) -> None:
    candidate.spoil()
    run(engine, candidate.connector(), name=candidate.source)
    candidate.mend()
    run(engine, candidate.connector(), name=candidate.source, now=later(1))
    assert rows(engine, Quarantined) == []
