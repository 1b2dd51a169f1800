"""The id and the time of a tick, passed to everything that happens in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlmodel import col

from shop.tables import Tick


@dataclass(frozen=True)
class TickContext:
    """`now` decides rules, the cap and quiet hours; leases and retries use the machine's clock."""

    tick: int
    now: datetime


def context_of_last_tick(connection: Connection, now: datetime) -> TickContext:
    """Returns a context for changes between two ticks: they carry the id of the last one, or 0."""
    return TickContext(connection.scalar(select(func.max(col(Tick.id)))) or 0, now)
