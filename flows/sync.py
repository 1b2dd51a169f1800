"""The flow `sync`: every source of one shop brought up to date."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from prefect import flow

from engine.sync.sync import sync_all
from engine.sync_result import Synced
from flows.runtime.current_shop import shop_at
from flows.runtime.redact_errors import discreetly
from flows.runtime.run_flow import watcher


@flow(name="sync")
async def sync(config: str, now: datetime | None = None, only: str | None = None) -> list[Synced]:
    """Each source on its own; the result names those that failed."""
    progress: Any = watcher.get()
    now = now or datetime.now(UTC)  # a scheduled run has no other clock
    with discreetly():
        return await sync_all(shop_at(config), now=now, only=only, progress=progress)
