"""Stores how far a stream has been read, in the transaction that writes its rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Select, bindparam, select

from connectors.stream import Stream, Window
from shop.db.cached_insert import Insert
from shop.db.engine import read_transaction
from shop.db.upsert import insert_into, table_of
from shop.tables import SyncState


@dataclass(frozen=True)
class Sweep:
    """One pass over a stream's window, from the page at `cursor` on."""

    window: Window
    cursor: str | None = None
    resumed: bool = False


def next_sweep(engine: Engine, source: str, stream: Stream, now: datetime) -> Sweep | None:
    """Return the sweep to run now; None where a file is unchanged since it was read completely."""
    state = _load_state(engine, source, stream.name)
    if stream.fingerprint is None:
        return _next_platform_sweep(state, now)
    return _next_file_sweep(state, stream.fingerprint, now)


def save_cursor(
    connection: Connection, source: str, stream: Stream, sweep: Sweep, cursor: str | None
) -> None:
    """Store that everything before `cursor` is written; None means that the sweep is complete."""
    values = (
        _unfinished_columns(stream, sweep, cursor) if cursor else _finished_columns(stream, sweep)
    )
    key = {"source": source, "stream": stream.name}
    connection.execute(_upsert_state(*values), key | values)


@cache
def _upsert_state(*columns: str) -> Insert:
    upsert = insert_into(SyncState)
    latest = {name: upsert.excluded[name] for name in columns}
    return upsert.on_conflict_do_update(index_elements=["source", "stream"], set_=latest)


def _load_state(engine: Engine, source: str, stream: str) -> Any:
    with read_transaction(engine) as connection:
        rows = connection.execute(_select_state(), {"source": source, "stream": stream})
        return rows.one_or_none()


@cache
def _select_state() -> Select[Any]:
    table = table_of(SyncState)
    conditions = (table.c.source == bindparam("source"), table.c.stream == bindparam("stream"))
    return select(table).where(*conditions)


def _next_platform_sweep(state: Any, now: datetime) -> Sweep:
    if state is None:
        return Sweep(Window(None, now))
    if state.until is not None:
        return Sweep(Window(state.since, state.until), state.cursor, resumed=True)
    # After the clock was set back, the window must not end before it begins.
    return Sweep(Window(state.since and min(state.since, now), now))


def _next_file_sweep(state: Any, fingerprint: str, now: datetime) -> Sweep | None:
    if state is None or state.fingerprint != fingerprint:
        return Sweep(Window(None, now))
    if state.until is None:
        return None
    return Sweep(Window(None, state.until), state.cursor, resumed=True)


def _unfinished_columns(stream: Stream, sweep: Sweep, cursor: str) -> dict[str, Any]:
    return {
        "since": sweep.window.since,
        "until": sweep.window.until,
        "cursor": cursor,
        "fingerprint": stream.fingerprint,
    }


def _finished_columns(stream: Stream, sweep: Sweep) -> dict[str, Any]:
    # Not the newest change seen: records may be indexed late, or arrive unordered.
    since = None if stream.fingerprint else sweep.window.until - stream.overlap
    return {
        "since": since,
        "until": None,
        "cursor": None,
        "fingerprint": stream.fingerprint,
        "finished_at": sweep.window.until,
    }
