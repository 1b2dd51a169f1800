"""The flow `tick`: look at the rules, run those that have work, deliver what is due."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import State, flow, tags

from engine.open.open_shop import OpenShop
from engine.run import TICK_LOCK, begin, load_outcome
from engine.tick.counts import Counts
from engine.tick_context import TickContext
from flows.deliver import deliver
from flows.rule import rule
from flows.runtime.current_shop import shop_for_config
from flows.runtime.graceful_stop import stop_check
from flows.runtime.redact_errors import FlowFailedError, busy_state, redact_errors
from shop.db.locks import LockHeldError, hold_lock


@flow(name="tick")
async def tick(config: str, now: datetime | None = None) -> dict[str, Counts] | State:
    """Counts by rule. Only one at a time: the shop's own lock sees to it, not Prefect's."""
    now = now or datetime.now(UTC)  # a scheduled run has no other clock
    with redact_errors():
        shop = shop_for_config(config)
        try:
            with hold_lock(shop.engine, TICK_LOCK):
                return await _run_tick(shop, config, now)
        except LockHeldError as error:
            return busy_state(error)


async def _run_tick(shop: OpenShop, config: str, now: datetime) -> dict[str, Counts]:
    context, names = begin(shop, now=now)
    failed_rules = [name for name in names if not await _run_rule_flow(config, name, context)]
    await deliver(config, context.tick, now)
    if failed_rules:
        raise FlowFailedError(f"of {len(names)} rules {len(failed_rules)}")
    return load_outcome(shop, context)


async def _run_rule_flow(config: str, name: str, context: TickContext) -> bool:
    """One rule that fails keeps back neither the others nor what is due."""
    if stop_check.get()():
        return True  # nothing is begun any more: the next tick finds it due
    try:
        with tags(name):
            await rule(config, name, context.tick, context.now)
    except FlowFailedError:
        return False
    return True
