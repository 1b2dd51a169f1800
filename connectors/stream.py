"""Streams: how a connector fetches pages and parses records.

`connectors.sync` runs them; a connector only declares them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection

from shop.ingest.source_rows import SourceRows
from shop.types.moment import moment_of


@dataclass(frozen=True)
class Window:
    """Changes that a sweep reads: from `since` up to, not including, `until`."""

    since: datetime | None
    until: datetime


@dataclass(frozen=True)
class Page:
    """Records as received; `next_cursor` is None on the last page."""

    records: Sequence[Any]
    next_cursor: str | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class ParsedRecord:
    """A record's rows, and in words what could not be used of it."""

    key: str
    rows: SourceRows = field(default_factory=SourceRows)
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()  # about the source, not about this record alone


@dataclass(frozen=True)
class IdPage:
    """Keys of the records that exist now; `next_cursor` is None on the last page."""

    keys: Sequence[str]
    next_cursor: str | None


@dataclass(frozen=True)
class Listing:
    """Asks a platform for the keys of all customers that it has now, by `fetch`(cursor).

    `fetch` raises `UnavailableError` where a page is refused. Keys that begin with `other_keys`
    belong to people whom the platform does not list, such as guests.
    """

    fetch: Callable[[str | None], Awaitable[IdPage]]
    other_keys: str | None = None


Fetch = Callable[[Window, str | None], Awaitable[Page]]
# Pure, and never raises; the time is when the record is read.
ParseRecord = Callable[[Any, datetime], ParsedRecord]
# Matches the records of a page, parsed, to what is stored, in the transaction that writes them.
Reconcile = Callable[[Connection, Sequence[Any], Sequence[ParsedRecord]], list[ParsedRecord]]


FIRST_READER = 1


@dataclass(frozen=True)
class Stream:
    """One kind of record of one source."""

    name: str
    fetch: Fetch
    parse: ParseRecord
    # How late a platform may show a change: a sweep begins that long before the newest one seen.
    overlap: timedelta = timedelta(minutes=10)
    # Of a file and the settings that affect its rows; if it is unchanged, nothing is new.
    fingerprint: str | None = None
    # Of a platform: raised when its records come to mean other rows, so that all are read again.
    reader: int = FIRST_READER
    reconcile: Reconcile | None = None
    # Of customers: how to find those that were deleted, which changes do not show.
    listing: Listing | None = None
    # Of a file of customers: whom it leaves out is gone.
    is_complete: bool = False


class Connector(Protocol):
    """A source of the owner's file, ready to be read."""

    def open(self) -> AbstractAsyncContextManager[Sequence[Stream]]:
        """Yield the streams, customers before what refers to them."""
        ...


class CursorLostError(Exception):
    """The platform no longer accepts the cursor; the sweep starts again from its first page."""


def merge_rows(records: Iterable[ParsedRecord]) -> SourceRows:
    """Return the rows of all `records` of a page."""
    rows = [record.rows for record in records]
    merged = SourceRows()
    for column in fields(SourceRows):
        getattr(merged, column.name).extend(
            row for arrivals in rows for row in getattr(arrivals, column.name)
        )
    return merged


def newest_change(rows: SourceRows, until: datetime) -> datetime | None:
    """Return the time of the newest change among `rows`, never later than `until`."""
    changed = (
        *(rows.identities, rows.orders, rows.carts, rows.refunds),
        *(rows.bookings, rows.answers, rows.points),
    )
    versions = [row["version"] for table_rows in changed for row in table_rows]
    return min(moment_of(max(versions)), until) if versions else None
