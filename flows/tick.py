"""The flow `tick`: performs the steps of `engine.run.tick_steps`, each as a flow run of its own."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from prefect import State, tags

from engine.clock.plausibility import check_clock
from engine.run import RulesFailedError, RuleStep, Step, TickInProgress, start_tick
from engine.tick.counts import Counts
from engine.tick_context import running_clock
from flows.deliver import deliver
from flows.rule import rule
from flows.runtime.current_shop import shop_for_config
from flows.runtime.current_tick import current_tick
from flows.runtime.redact_errors import FlowFailedError, busy_state, redact_errors
from flows.runtime.run_clock import run_clock
from flows.runtime.shop_flow import shop_flow
from flows.runtime.stop_check import stop_check
from shop.db.locks import LockHeldError


@shop_flow(name="tick")
async def tick(config: str, now: datetime | None = None) -> dict[str, Counts] | State:
    """Returns the counts by rule; goes on with `current_tick` if the caller has begun one.

    Without `now`, the clock goes on from the machine's time. The lock of the shop, not Prefect,
    prevents concurrent ticks.
    """
    with redact_errors():
        if now is None:
            now = datetime.now(UTC)
            check_clock(Path(config).parent, now)
            run_clock.set(running_clock(now))
        try:
            started = current_tick.get() or start_tick(
                shop_for_config(config), now=now, should_stop=stop_check.get()
            )
            return await _drive(started, config) if isinstance(started, TickInProgress) else started
        except LockHeldError as error:
            return busy_state(error)
        except RulesFailedError as error:
            raise FlowFailedError(str(error)) from None


async def _drive(started: TickInProgress, config: str) -> dict[str, Counts]:
    """Only a failed flow run is an error of its step: an error of Prefect ends the tick at once."""
    step = started.first_step
    with closing(started.steps) as steps:
        try:
            while True:
                try:
                    await _run_step_flow(step, config)
                except FlowFailedError as error:
                    step = steps.throw(error)
                else:
                    step = next(steps)
        except StopIteration as end:
            counts: dict[str, Counts] = end.value
            return counts


async def _run_step_flow(step: Step, config: str) -> None:
    tick, now = step.context.tick, step.context.now
    if isinstance(step, RuleStep):
        with tags(step.rule):
            await rule(config, step.rule, tick, now)
    else:
        await deliver(config, tick, now)
