"""Runs the flows `sync` and `tick` with a Prefect server and progress bars.

Starting the server and importing Prefect takes most of a command's time, so a command without work
does neither.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime

from engine.open.open_shop import OpenShop
from engine.sync_result import SyncResult
from engine.tick.counts import Counts


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


def run_tick_flow(shop: OpenShop, *, now: datetime) -> Mapping[str, Counts]:
    """Returns the counts of one tick by rule.

    The rules are evaluated in this process. If a step follows from it, the flow performs the steps,
    on a Prefect server of its own if none runs.
    """
    from engine.run import TickInProgress, start_tick

    started = start_tick(shop, now=now)
    if not isinstance(started, TickInProgress):
        return started
    from flows.runtime.current_tick import current_tick
    from flows.runtime.prefect_server import prefect_server

    with closing(started.steps), prefect_server(shop.folder) as server:
        server.wait_until_healthy()
        current_tick.set(started)
        return run_tick_flow_on_server(shop, now=now)


def run_tick_flow_on_server(shop: OpenShop, *, now: datetime) -> Mapping[str, Counts]:
    """Returns the counts of one tick by rule; Prefect's server must be up."""
    from flows.runtime.run_flow import run_flow
    from flows.tick import tick
    from regulars.terminal.progress import progress_bars

    with progress_bars() as bars:
        counts: Mapping[str, Counts] = run_flow(
            tick, bars.on_messages, config=str(shop.path), now=now
        )
    return counts
