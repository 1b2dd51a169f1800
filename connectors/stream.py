"""A source as data: streams, each with a way to fetch a page and a pure reading of one record.

The loop that runs them all is in `connectors.sync`; a platform only says what it has.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Protocol

from shop.ingest.source_rows import SourceRows


@dataclass(frozen=True)
class Window:
    """The stretch of changes a sweep reads, `until` excluded; fixed when the sweep begins."""

    since: datetime | None
    until: datetime


@dataclass(frozen=True)
class Page:
    """Records as received, and the cursor of the next page: none after the last."""

    records: Sequence[Any]
    next_cursor: str | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class ParsedRecord:
    """What became of one record: its rows, and in words what could not be used of it."""

    key: str
    rows: SourceRows = field(default_factory=SourceRows)
    errors: tuple[str, ...] = ()


Fetch = Callable[[Window, str | None], Awaitable[Page]]
# Pure and total: whatever a platform sends, it answers. The time is that of the reading.
ParseRecord = Callable[[Any, datetime], ParsedRecord]


@dataclass(frozen=True)
class Stream:
    """One kind of record of one source."""

    name: str
    fetch: Fetch
    parse: ParseRecord
    # How late a platform may show a change; a sweep begins that much before the last one ended.
    overlap: timedelta = timedelta(minutes=5)
    # Of a file with all that decides how it is read; the same again means nothing is new.
    fingerprint: str | None = None


class Connector(Protocol):
    """A source of the owner's file, ready to be read."""

    def open(self) -> AbstractAsyncContextManager[Sequence[Stream]]:
        """Its streams, customers before what they bought, for as long as it is open."""
        ...


class CursorLostError(Exception):
    """The platform no longer knows the place where we stopped; the sweep begins anew."""


def merge_rows(records: Iterable[ParsedRecord]) -> SourceRows:
    """The rows of a whole page."""
    rows = [record.rows for record in records]
    merged = SourceRows()
    for column in fields(SourceRows):
        getattr(merged, column.name).extend(
            row for arrivals in rows for row in getattr(arrivals, column.name)
        )
    return merged
