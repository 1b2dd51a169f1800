"""The flow `sync`: reads every source of a shop."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from engine.sync.sync import sync_all
from engine.sync_result import SyncResult
from flows.runtime.current_shop import shop_for_config
from flows.runtime.redact_errors import redact_errors
from flows.runtime.run_flow import progress_callback
from flows.runtime.shop_flow import shop_flow


@shop_flow(name="sync")
async def sync(
    config: str, now: datetime | None = None, only: str | None = None
) -> list[SyncResult]:
    """Returns the result of each source, or of the source `only`; a result may hold an error."""
    progress: Any = progress_callback.get()
    now = now or datetime.now(UTC)  # a scheduled run has no other clock
    with redact_errors():
        return await sync_all(shop_for_config(config), now=now, only=only, progress=progress)
