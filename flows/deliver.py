"""The flow `deliver`: sends what is due."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.run import deliver_due
from engine.tick_context import TickContext
from flows.runtime.current_shop import shop_for_config
from flows.runtime.redact_errors import redact_errors
from flows.runtime.run_clock import run_clock
from flows.runtime.run_flow import progress_callback
from flows.runtime.shop_flow import shop_flow
from flows.runtime.stop_check import stop_check


@shop_flow(name="deliver")
async def deliver(config: str, tick: int, now: datetime) -> None:
    """States and reasons of messages are stored in the shop's database only."""
    progress: Any = progress_callback.get()
    with redact_errors():
        deliver_due(
            shop_for_config(config),
            TickContext(tick, now),
            progress=progress,
            should_stop=stop_check.get(),
            clock=run_clock.get(),
        )
