"""Runs a flow in this process and raises its original error."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from flows.runtime.redact_errors import FlowFailedError, original_errors

ProgressCallback = Callable[..., None]
progress_callback: ContextVar[ProgressCallback | None] = ContextVar(
    "progress_callback", default=None
)
"""Not a flow parameter: Prefect would store it."""


def run_flow(
    flow: Callable[..., Awaitable[Any]], progress: ProgressCallback | None = None, **parameters: Any
) -> Any:
    """Returns the result of `flow(**parameters)`, or raises the error that made it fail.

    `progress` is called by the flow with its progress.
    """
    return asyncio.run(run_flow_async(flow, progress, **parameters))


async def run_flow_async(
    flow: Callable[..., Awaitable[Any]], progress: ProgressCallback | None = None, **parameters: Any
) -> Any:
    """As `run_flow`, in a running event loop.

    The heartbeat is disabled: a short run would wait a second for it to stop.
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
