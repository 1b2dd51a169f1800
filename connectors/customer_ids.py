"""Finds customers that a source no longer has, which no list of changes shows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, delete, func, select
from sqlmodel import col

from connectors.stream import Listing
from settings.errors import UnavailableError
from shop.db.engine import read_transaction, write_transaction
from shop.db.upsert import insert_into, insert_missing
from shop.ingest.missing_records import AbsenceCounts, compare_with_list, platform_list
from shop.tables import Identity, ListedRecord, SyncState

LISTING_STREAM = "customer ids"
PERIOD = timedelta(hours=20)  # once a day, whatever the hour of the daily sync


class IncompleteListError(Exception):
    """The list of ids could not be read to its end; the text says why."""


@dataclass(frozen=True)
class Comparison:
    """One that is under way: `newest_id` is the newest identity of `source` when it began."""

    source: str
    token: str
    newest_id: int
    begun_at: datetime


async def compare_ids(
    engine: Engine, source: str, listing: Listing, *, now: datetime
) -> AbsenceCounts | None:
    """Once a day: read all ids of `source`, and store which identities it no longer has.

    Returns None where the last comparison is recent, or another process has begun one. Raises
    `IncompleteListError`; then nothing has changed.
    """
    comparison = await asyncio.to_thread(_begin, engine, source, now)
    if comparison is None:
        return None
    size = await _collect_ids(engine, source, listing)
    return await asyncio.to_thread(_compare, engine, comparison, listing, size)


def skip_comparison(engine: Engine, source: str, now: datetime) -> None:
    """A first reading has just shown all there is: the first comparison is due a day later."""
    with write_transaction(engine) as connection:
        _save_state(connection, source, {"cursor": None, "finished_at": now})


def _begin(engine: Engine, source: str, now: datetime) -> Comparison | None:
    """Begin a comparison; None where none is due."""
    with read_transaction(engine) as connection:
        last = connection.scalar(_state_column(col(SyncState.finished_at), source))
    if last is not None and now - PERIOD < last <= now:
        return None
    token = uuid4().hex
    with write_transaction(engine) as connection:
        newest = select(func.max(col(Identity.id))).where(col(Identity.source) == source)
        newest_id = connection.scalar(newest)
        if newest_id is None:
            return None
        connection.execute(delete(ListedRecord).where(col(ListedRecord.source) == source))
        _save_state(connection, source, {"cursor": token})
    return Comparison(source, token, newest_id, now)


async def _collect_ids(engine: Engine, source: str, listing: Listing) -> int:
    """Store all ids page by page; return how many there are."""
    cursor: str | None = None
    visited = {cursor}
    size = 0
    while True:
        try:
            page = await listing.fetch(cursor)
        except UnavailableError as error:
            raise IncompleteListError(str(error)) from error
        await asyncio.to_thread(_store_ids, engine, source, page.keys)
        size += len(page.keys)
        cursor = page.next_cursor
        if cursor is None:
            return size
        if cursor in visited:
            raise IncompleteListError("It gives the same page again and again.")
        visited.add(cursor)


def _store_ids(engine: Engine, source: str, keys: Any) -> None:
    with write_transaction(engine) as connection:
        rows = [{"source": source, "external_id": key} for key in keys]
        insert_missing(connection, ListedRecord, rows)


def _compare(
    engine: Engine, comparison: Comparison, listing: Listing, size: int
) -> AbsenceCounts | None:
    source, now = comparison.source, comparison.begun_at
    with write_transaction(engine) as connection:
        if connection.scalar(_state_column(col(SyncState.cursor), source)) != comparison.token:
            return None  # another process has begun a comparison of its own
        complete = platform_list(source, size, comparison.newest_id, listing.other_keys, now)
        counts = compare_with_list(connection, complete)
        connection.execute(delete(ListedRecord).where(col(ListedRecord.source) == source))
        _save_state(connection, source, {"cursor": None, "finished_at": now})
    return counts


def _state_column(column: Any, source: str) -> Any:
    return select(column).where(
        col(SyncState.source) == source, col(SyncState.stream) == LISTING_STREAM
    )


def _save_state(connection: Connection, source: str, values: dict[str, Any]) -> None:
    insert = insert_into(SyncState)
    latest = {name: insert.excluded[name] for name in values}
    connection.execute(
        insert.on_conflict_do_update(index_elements=["source", "stream"], set_=latest),
        {"source": source, "stream": LISTING_STREAM} | values,
    )
