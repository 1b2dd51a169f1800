"""The flow `mailbox`: reads bounces, opt-outs and replies from the owner's mailbox."""

from __future__ import annotations

from datetime import datetime

from engine.sync.sync import SyncResult, sync_mailbox
from flows.runtime.current_shop import shop_for_config
from flows.runtime.redact_errors import redact_errors
from flows.runtime.shop_flow import shop_flow


@shop_flow(name="mailbox")
async def mailbox(config: str, now: datetime) -> list[SyncResult]:
    """Returns the result of the mailbox like that of a source; empty if there is no mailbox."""
    with redact_errors():
        return await sync_mailbox(shop_for_config(config), now=now)
