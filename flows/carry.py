"""Running a flow from a command: settings in force, and our own troubles as they are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

Watcher = Callable[..., None]
watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)
"""Who is told of progress: no parameter, for Prefect keeps parameters and knows no functions."""


def carry(flow: Callable[..., Awaitable[Any]], watch: Watcher | None = None, **given: Any) -> Any:
    """Run a flow to its end and give back what it returned.

    The heartbeat is off: short runs would wait a second for it to stop.
    """

    async def run() -> Any:
        watcher.set(watch)
        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            return await flow(**given)

    return asyncio.run(run())
