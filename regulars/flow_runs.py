"""Runs the flows `sync` and `tick` with a Prefect server and progress bars.

Starting the server and importing Prefect takes most of a command's time, so a command without work
does neither.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime

from engine.delivery.send_check import StopCheck, never_stop
from engine.open.open_shop import OpenShop
from engine.sync_result import SyncResult
from engine.tick.counts import Counts
from engine.tick_context import Clock


def run_sync_flow(shop: OpenShop, *, only: str | None, now: datetime) -> Sequence[SyncResult]:
    """Returns the result of each source of `shop`, or of the source `only`.

    Files that were read already are passed over in this process; everything else is read by the
    flow, on a Prefect server of its own if none runs.
    """
    from engine.sync.sync import sync_all
    from engine.sync.unread_sources import has_unread_sources

    if not asyncio.run(has_unread_sources(shop, now=now, only=only)):
        return asyncio.run(sync_all(shop, now=now, only=only))
    from flows.runtime.prefect_server import prefect_server
    from regulars.terminal.progress import progress_bars

    with prefect_server(shop.folder) as server, progress_bars() as bars:
        server.wait_until_healthy()
        # Prefect reads its settings when it is first imported: the server has set them by now.
        from flows.runtime.run_flow import run_flow
        from flows.sync import sync

        sync_results: Sequence[SyncResult] = run_flow(
            sync, bars.on_records, config=str(shop.path), now=now, only=only
        )
    return sync_results


@dataclass(frozen=True)
class TickResult:
    """The counts of one tick by rule, and the signal that ended it early, if one did."""

    counts: Mapping[str, Counts]
    stop_signal: int | None = None


def run_tick_flow(shop: OpenShop, *, now: datetime, clock: Clock | None = None) -> TickResult:
    """Runs one tick; `clock` as for `run_tick_flow_on_server`.

    The rules are evaluated in this process. If a step follows from it, the flow performs the steps,
    on a Prefect server of its own if none runs. At SIGINT or SIGTERM the current mail is finished,
    and the others are queued again.
    """
    from engine.run import TickInProgress, start_tick

    received: list[int] = []
    started = start_tick(shop, now=now, should_stop=lambda: bool(received))
    if not isinstance(started, TickInProgress):
        return TickResult(started)
    from flows.runtime.current_tick import current_tick
    from flows.runtime.prefect_server import prefect_server
    from regulars.terminal.signals import stop_signals

    with closing(started.steps), prefect_server(shop.folder) as server:
        server.wait_until_healthy()
        current_tick.set(started)
        # In the main thread, Prefect's own handler of SIGTERM would break off the current mail.
        with stop_signals(received), ThreadPoolExecutor(1) as thread:
            flow_run = thread.submit(
                copy_context().run,
                run_tick_flow_on_server,
                shop,
                now=now,
                clock=clock,
                should_stop=lambda: bool(received),
            )
            counts = flow_run.result()
    return TickResult(counts, received[0] if received else None)


def run_tick_flow_on_server(
    shop: OpenShop,
    *,
    now: datetime,
    clock: Clock | None = None,
    should_stop: StopCheck = never_stop,
) -> Mapping[str, Counts]:
    """Returns the counts of one tick by rule; Prefect's server must be up.

    The delivery goes by `clock`, or by `now` without one. Once `should_stop` is true it ends before
    the next mail.
    """
    from flows.runtime.run_clock import run_clock
    from flows.runtime.run_flow import run_flow
    from flows.runtime.stop_check import stop_check
    from flows.tick import tick
    from regulars.terminal.progress import progress_bars

    stop_check.set(should_stop)
    run_clock.set(clock)
    with progress_bars() as bars:
        counts: Mapping[str, Counts] = run_flow(
            tick, bars.on_messages, config=str(shop.path), now=now
        )
    return counts
