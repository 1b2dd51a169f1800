"""Running a flow from a command: settings in force, and our own troubles as they are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from flows.runtime.redact_errors import FlowFailedError, original_errors

ProgressCallback = Callable[..., None]
progress_callback: ContextVar[ProgressCallback | None] = ContextVar("watcher", default=None)
"""Who is told of progress: no parameter, for Prefect keeps parameters and knows no functions."""


def run_flow(
    flow: Callable[..., Awaitable[Any]], progress: ProgressCallback | None = None, **parameters: Any
) -> Any:
    """Run a flow to its end and give back what it returned, or raise what really happened."""
    return asyncio.run(run_flow_async(flow, progress, **parameters))


async def run_flow_async(
    flow: Callable[..., Awaitable[Any]], progress: ProgressCallback | None = None, **parameters: Any
) -> Any:
    """The same, for whoever is in the middle of other work.

    The heartbeat is off: short runs would wait a second for it to stop.
    """
    errors: list[Exception] = []
    progress_callback.set(progress)
    original_errors.set(errors)
    try:
        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            flow_output = await flow(**parameters)
    except FlowFailedError as error:
        raise (errors[0] if errors else error) from None
    if errors:
        raise errors[0]
    return flow_output
