"""The flow `tick`: look at the rules, run those that have work, deliver what is due."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import State, flow, tags

from engine.open.open_shop import OpenShop
from engine.run import LOCK, begin, outcome
from engine.tick.counts import Counts
from engine.tick_context import Turn
from flows.deliver import deliver
from flows.rule import rule
from flows.runtime.current_shop import shop_at
from flows.runtime.graceful_stop import asked_to_end
from flows.runtime.redact_errors import Failed, discreetly, left_to_another
from shop.db.locks import Busy, alone


@flow(name="tick")
async def tick(config: str, now: datetime | None = None) -> dict[str, Counts] | State:
    """Counts by rule. Only one at a time: the shop's own lock sees to it, not Prefect's."""
    now = now or datetime.now(UTC)  # a scheduled run has no other clock
    with discreetly():
        shop = shop_at(config)
        try:
            with alone(shop.engine, LOCK):
                return await _ticked(shop, config, now)
        except Busy as busy:
            return left_to_another(busy)


async def _ticked(shop: OpenShop, config: str, now: datetime) -> dict[str, Counts]:
    turn, names = begin(shop, now=now)
    failed = [name for name in names if not await _ran(config, name, turn)]
    await deliver(config, turn.tick, now)
    if failed:
        raise Failed(f"of {len(names)} rules {len(failed)}")
    return outcome(shop, turn)


async def _ran(config: str, name: str, turn: Turn) -> bool:
    """One rule that fails keeps back neither the others nor what is due."""
    if asked_to_end.get()():
        return True  # nothing is begun any more: the next tick finds it due
    try:
        with tags(name):
            await rule(config, name, turn.tick, turn.now)
    except Failed:
        return False
    return True
