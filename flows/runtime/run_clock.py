"""The clock of the running flow: a context variable, because Prefect stores parameters."""

from __future__ import annotations

from contextvars import ContextVar

from engine.tick_context import Clock

run_clock: ContextVar[Clock | None] = ContextVar("run_clock", default=None)
"""None where the time of the run was fixed, by `--at`."""
