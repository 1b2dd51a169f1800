"""The flow `digest`: mails the owner's daily digest, at most once a day."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.owner.digest import send_digest_if_due
from flows.runtime.current_shop import shop_for_config
from flows.runtime.redact_errors import redact_errors
from flows.runtime.shop_flow import shop_flow


@shop_flow(name="digest")
async def digest(config: str, now: datetime | None = None) -> None:
    """`now` defaults to the machine's clock, for a scheduled run."""
    with redact_errors():
        send_digest_if_due(shop_for_config(config), now=now or datetime.now(UTC))
