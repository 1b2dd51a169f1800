"""The flow `morning`: the owner's letter, once a day, however often it is asked for."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import flow

from flows.alone import write_to_the_owner
from flows.discreet import discreetly
from flows.shop_at import shop_at


@flow(name="morning")
async def morning(config: str, now: datetime | None = None) -> None:
    """A scheduled run has no other clock than the machine's."""
    with discreetly():
        write_to_the_owner(shop_at(config), now or datetime.now(UTC))
