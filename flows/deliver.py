"""The flow `deliver`: whatever is due goes to the sender."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect import flow

from engine.tick_context import Turn
from flows.carry import watcher
from flows.discreet import discreetly
from flows.ending import asked_to_end, deliver_until
from flows.shop_at import shop_at


@flow(name="deliver")
async def deliver(config: str, tick: int, now: datetime) -> None:
    """Every message ends in a state with its reason, kept in the shop's database alone."""
    progress: Any = watcher.get()
    with discreetly():
        deliver_until(shop_at(config), Turn(tick, now), progress, asked_to_end.get())
