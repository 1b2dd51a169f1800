"""The id and the time of a tick, passed to everything that happens in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select
from sqlmodel import col

from shop.db.workers import seconds_since_boot
from shop.tables import Tick

Clock = Callable[[], datetime]
TICK_LOCK = "tick"  # what a tick writes, it writes under this lock


def running_clock(now: datetime) -> Clock:
    """Returns a clock that shows `now` at first and goes on from there.

    It counts while the machine sleeps; a change of the machine's clock does not move it.
    """
    started = seconds_since_boot()
    return lambda: now + timedelta(seconds=seconds_since_boot() - started)


def fixed_clock(now: datetime) -> Clock:
    """Returns a clock that stands still at `now`: that of `--at`."""
    return lambda: now


@dataclass(frozen=True)
class TickContext:
    """`now` decides rules, the cap and quiet hours; leases and retries use the machine's clock."""

    tick: int
    now: datetime

    def at(self, now: datetime) -> TickContext:
        """Returns the context of the same tick at another time."""
        return TickContext(self.tick, now)


def context_of_last_tick(connection: Connection, now: datetime) -> TickContext:
    """Returns a context for changes between two ticks: they carry the id of the last one, or 0."""
    return TickContext(connection.scalar(select(func.max(col(Tick.id)))) or 0, now)
