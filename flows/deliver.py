"""The flow `deliver`: whatever is due goes to the sender."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect import flow

from engine.tick_context import Turn
from flows.runtime.current_shop import shop_at
from flows.runtime.graceful_stop import asked_to_end, deliver_until
from flows.runtime.redact_errors import discreetly
from flows.runtime.run_flow import watcher


@flow(name="deliver")
async def deliver(config: str, tick: int, now: datetime) -> None:
    """Every message ends in a state with its reason, kept in the shop's database alone."""
    progress: Any = watcher.get()
    with discreetly():
        deliver_until(shop_at(config), Turn(tick, now), progress, asked_to_end.get())
