"""The flow `tick`: look at the rules, run those that have work, deliver what is due."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from prefect import flow, tags

from engine.counts import Counts
from engine.opening import open_shop
from engine.run import LOCK, begin, outcome
from flows.deliver import deliver
from flows.rule import rule
from shop.locks import alone


@flow(name="tick")
async def tick(config: str, now: datetime | None = None) -> dict[str, Counts]:
    """Counts by rule. Only one at a time: the shop's own lock sees to it, not Prefect's."""
    shop = open_shop(Path(config))
    now = now or datetime.now(UTC)  # a scheduled run has no other clock
    with alone(shop.engine, LOCK):
        turn, names = begin(shop, now=now)
        for name in names:
            with tags(name):
                await rule(config, name, turn.tick, now)
        await deliver(config, turn.tick, now)
        return outcome(shop, turn)
