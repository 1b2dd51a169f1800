"""One tick's number and moment, handed to all that happens in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Turn:
    """`now` decides rules, caps and quiet hours; leases go by the machine's clock."""

    tick: int
    now: datetime
