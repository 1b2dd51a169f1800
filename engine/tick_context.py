"""One tick's number and moment, handed to all that happens in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlmodel import col

from shop.tables import Tick


@dataclass(frozen=True)
class TickContext:
    """`now` decides rules, caps and quiet hours; leases go by the machine's clock."""

    tick: int
    now: datetime


def context_of_last_tick(connection: Connection, now: datetime) -> TickContext:
    """For what happens between two ticks: in the name of the last, which has been counted."""
    return TickContext(connection.scalar(select(func.max(col(Tick.id)))) or 0, now)
