"""The tick that the running flow goes on with: begun by its caller, who knows it has work."""

from __future__ import annotations

from contextvars import ContextVar

from engine.run import TickInProgress

current_tick: ContextVar[TickInProgress | None] = ContextVar("current_tick", default=None)
"""Not a flow parameter: Prefect would store it."""
