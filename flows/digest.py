"""The flow `morning`: the owner's letter, once a day, however often it is asked for."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import flow

from flows.runtime.current_shop import shop_at
from flows.runtime.redact_errors import discreetly
from flows.serve.fallback import write_to_the_owner


@flow(name="morning")
async def morning(config: str, now: datetime | None = None) -> None:
    """A scheduled run has no other clock than the machine's."""
    with discreetly():
        write_to_the_owner(shop_at(config), now or datetime.now(UTC))
