"""Stores how far a stream has been read, in the transaction that writes its rows.

The position follows the platform's own times, not this machine's clock: a sweep begins shortly
before the newest change that the stream has shown. A machine whose clock was ahead would otherwise
skip what changes until that time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Select, bindparam, func, select

from connectors.stream import FIRST_READER, Stream, Window
from shop.db.cached_insert import Insert
from shop.db.engine import read_transaction
from shop.db.upsert import insert_into, table_of
from shop.tables import SyncState

# A clock that is set wrong by hand or by its zone is off by hours; more is a clock without a date.
MAX_CLOCK_LAG = timedelta(days=2)


@dataclass(frozen=True)
class Sweep:
    """One pass over a stream's window, from the page at `cursor` on.

    `newest` is the time of the newest change that the stream has shown, in this pass or before;
    `reached` the position before a pass that reads all again.
    """

    window: Window
    cursor: str | None = None
    resumed: bool = False
    newest: datetime | None = None
    reached: datetime | None = None


def next_sweep(engine: Engine, source: str, stream: Stream, now: datetime) -> Sweep | None:
    """Return the sweep to run now; None where a file is unchanged since it was read completely.

    What an older reader read is read again from the beginning.
    """
    state = _load_state(engine, source, stream.name)
    if stream.fingerprint is None:
        if state is not None and (state.reader or FIRST_READER) != stream.reader:
            reached = state.since if state.since and state.since <= now else None
            return Sweep(Window(None, now), reached=reached)
        return next_platform_sweep(state, stream.overlap, now)
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


def save_finished(connection: Connection, source: str, stream: str, now: datetime) -> None:
    """Store that `source` has been read to its end."""
    values = {"finished_at": now, "since": None}
    key = {"source": source, "stream": stream}
    connection.execute(_upsert_state(*values), key | values)


def save_failed(connection: Connection, source: str, stream: str, now: datetime) -> None:
    """Store that `source` cannot be read; the first failure since it was read is kept."""
    insert = insert_into(SyncState)
    first = func.coalesce(table_of(SyncState).c.since, insert.excluded.since)
    upsert = insert.on_conflict_do_update(
        index_elements=["source", "stream"], set_={"since": first}
    )
    connection.execute(upsert, {"source": source, "stream": stream, "since": now})


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


def next_platform_sweep(state: Any, overlap: timedelta, now: datetime) -> Sweep:
    """Return the sweep after `state`, a row of `sync_states` or None; `now` may be wrong.

    A position or an unfinished window in the future is discarded: the stream is read again from
    its last position that was not, or from the beginning.
    """
    if state is None:
        return Sweep(Window(None, now))
    if state.until is not None and state.until <= now + overlap:
        window = Window(state.since, state.until)
        return Sweep(window, state.cursor, resumed=True, newest=state.newest_at)
    if state.since is None or state.since <= now:
        return Sweep(Window(state.since, now), newest=state.newest_at)
    if _clock_is_behind(state, now):
        return Sweep(Window(state.since, max(now, state.since + overlap)), newest=state.newest_at)
    return Sweep(Window(None, now))


def _clock_is_behind(state: Any, now: datetime) -> bool:
    """The platform itself has shown a change later than `now`, so the position is right."""
    has_shown = state.newest_at is not None and state.since <= state.newest_at
    return has_shown and state.since - now <= MAX_CLOCK_LAG


def _next_file_sweep(state: Any, fingerprint: str, now: datetime) -> Sweep | None:
    if state is None or state.fingerprint != fingerprint:
        return Sweep(Window(None, now))
    if state.until is None:
        return None
    if state.until > now:
        return Sweep(Window(None, now))
    return Sweep(Window(None, state.until), state.cursor, resumed=True)


def _unfinished_columns(stream: Stream, sweep: Sweep, cursor: str) -> dict[str, Any]:
    return {
        "since": sweep.window.since,
        "until": sweep.window.until,
        "cursor": cursor,
        "fingerprint": stream.fingerprint,
        "newest_at": sweep.newest,
        "reader": stream.reader,
    }


def _finished_columns(stream: Stream, sweep: Sweep) -> dict[str, Any]:
    since, newest = (None, None) if stream.fingerprint else next_position(sweep, stream.overlap)
    return {
        "since": since,
        "until": None,
        "cursor": None,
        "fingerprint": stream.fingerprint,
        "newest_at": newest,
        "reader": stream.reader,
        "finished_at": sweep.window.until,
    }


def next_position(sweep: Sweep, overlap: timedelta) -> tuple[datetime | None, datetime | None]:
    """Return where the sweep after the finished `sweep` begins, and the change it rests on.

    1. The stream has shown a change: `overlap` before it, as records may be indexed late. A quiet
       stream shows the same few records again each time.
    2. It has never shown any: where this sweep began.
    3. What it shows again, or cannot be used, fills pages: `overlap` before the end of this sweep.
       Only this position rests on the machine's clock.
    """
    start, newest = sweep.window.since, sweep.newest
    has_one_page = sweep.cursor is None and not sweep.resumed
    if newest and (has_one_page or start is None or newest > start + overlap):
        return max(filter(None, (start, sweep.reached, newest - overlap))), newest
    if newest is None and has_one_page:
        return start, None
    return sweep.window.until - overlap, None
