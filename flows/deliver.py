"""The flow `deliver`: whatever is due goes to the sender."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from prefect import flow

from engine.deliver import deliver as deliver_due
from engine.opening import open_shop
from engine.turn import Turn
from flows.carry import watcher
from flows.discreet import discreetly


@flow(name="deliver")
async def deliver(config: str, tick: int, now: datetime) -> None:
    """Every message ends in a state with its reason, kept in the shop's database alone."""
    progress: Any = watcher.get()
    with discreetly():
        deliver_due(open_shop(Path(config)), Turn(tick, now), progress)
