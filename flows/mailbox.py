"""The flow `mailbox`: what came back by mail, read and acted upon."""

from __future__ import annotations

import asyncio
from datetime import datetime

from prefect import flow

from engine.inbound.read_mailbox import read_mailbox
from engine.sync.sync import Synced
from flows.runtime.current_shop import shop_at
from flows.runtime.redact_errors import discreetly


@flow(name="mailbox")
async def mailbox(config: str, now: datetime) -> list[Synced]:
    """None or one, as if it were a source."""
    with discreetly():
        read = await asyncio.to_thread(read_mailbox, shop_at(config), now=now)
        return [read] if read else []
