"""The flow `tick` that is cancelled in the middle of a rule."""

from __future__ import annotations

import asyncio

import pytest

from engine.run import TickInProgress, start_tick
from engine.tick_context import TICK_LOCK
from flows import tick
from shop.db.locks import hold_lock
from tests.cafe import HOUR, MARCH, Cafe


def test_a_cancelled_flow_releases_the_lock(cafe: Cafe, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    rules:
      abandoned-cart: {when: cart abandoned, for: 3 hours, then: [{send: cart-reminder}],
                       include backlog: yes}
    """
    cafe.leave_carts(MARCH - 3 * HOUR, "clara")

    async def wait_for_ever(*_: object) -> None:
        await asyncio.Event().wait()

    async def cancel_in_a_rule() -> None:
        started = start_tick(cafe.shop, now=MARCH)
        assert isinstance(started, TickInProgress)
        running = asyncio.create_task(tick._drive(started, str(cafe.path)))
        await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    monkeypatch.setattr(tick, "rule", wait_for_ever)
    asyncio.run(cancel_in_a_rule())
    with hold_lock(cafe.engine, TICK_LOCK):
        pass
