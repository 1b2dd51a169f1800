"""The flow `mailbox`: what came back by mail, read and acted upon."""

from __future__ import annotations

from datetime import datetime

from prefect import flow

from engine.sync.sync import SyncResult, sync_mailbox
from flows.runtime.current_shop import shop_for_config
from flows.runtime.redact_errors import redact_errors


@flow(name="mailbox")
async def mailbox(config: str, now: datetime) -> list[SyncResult]:
    """None or one, as if it were a source."""
    with redact_errors():
        return await sync_mailbox(shop_for_config(config), now=now)
