"""The flow `mailbox`: what came back by mail, read and acted upon."""

from __future__ import annotations

import asyncio
from datetime import datetime

from prefect import flow

from engine.inbound.read_mailbox import read_mailbox
from engine.sync.sync import SyncResult
from flows.runtime.current_shop import shop_for_config
from flows.runtime.redact_errors import redact_errors


@flow(name="mailbox")
async def mailbox(config: str, now: datetime) -> list[SyncResult]:
    """None or one, as if it were a source."""
    with redact_errors():
        sync_result = await asyncio.to_thread(read_mailbox, shop_for_config(config), now=now)
        return [sync_result] if sync_result else []
