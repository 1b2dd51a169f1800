"""When the sources of a shop were last read to their end, and whether their data are new."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, func, select
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from engine.delivery.data_age import SourceReading
from shop.tables import SyncState

FRESH_FOR = timedelta(days=1)


class SourceState(StrEnum):
    """Whether the data of a source are new."""

    FINE = "fine"
    OLD = "old"
    FAILING = "failing"
    NEVER = "never read"


def source_state(reading: SourceReading | None, now: datetime) -> SourceState:
    """Returns the state at `now` of the source that `reading` is of, None if no sync has read it.

    A file is as new as its owner makes it.
    """
    if reading is None or reading.read_at is None:
        return SourceState.NEVER
    if reading.failing_since:
        return SourceState.FAILING
    is_old = not reading.is_file and now - reading.read_at > FRESH_FOR
    return SourceState.OLD if is_old else SourceState.FINE


def load_read_times(connection: Connection) -> dict[str, datetime | None]:
    """Returns when each source that a sync has read was last read to its end, by name."""
    source, finished_at = col(SyncState.source), col(SyncState.finished_at)
    query = select(source, func.max(finished_at)).group_by(source)
    return dict(connection.execute(query).tuples().all())


def stale_sources(connection: Connection, config: OwnerConfig, now: datetime) -> list[str]:
    """Returns the sources of `config` that have not been read to their end for a day."""
    read_times = load_read_times(connection)
    return [name for name in config.sources if not _is_fresh(read_times.get(name), now)]


def _is_fresh(read_at: datetime | None, now: datetime) -> bool:
    return read_at is not None and now - FRESH_FOR <= read_at <= now + FRESH_FOR
