"""When the sources of a shop were last read to their end."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from shop.tables import SyncState

FRESH_FOR = timedelta(days=1)


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
