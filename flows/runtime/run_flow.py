"""Running a flow from a command: settings in force, and our own troubles as they are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from flows.runtime.redact_errors import Failed, aside

Watcher = Callable[..., None]
watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)
"""Who is told of progress: no parameter, for Prefect keeps parameters and knows no functions."""


def carry(flow: Callable[..., Awaitable[Any]], watch: Watcher | None = None, **given: Any) -> Any:
    """Run a flow to its end and give back what it returned, or raise what really happened."""
    return asyncio.run(carried(flow, watch, **given))


async def carried(
    flow: Callable[..., Awaitable[Any]], watch: Watcher | None = None, **given: Any
) -> Any:
    """The same, for whoever is in the middle of other work.

    The heartbeat is off: short runs would wait a second for it to stop.
    """
    happened: list[Exception] = []
    watcher.set(watch)
    aside.set(happened)
    try:
        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            returned = await flow(**given)
    except Failed as failed:
        raise (happened[0] if happened else failed) from None
    if happened:
        raise happened[0]
    return returned
