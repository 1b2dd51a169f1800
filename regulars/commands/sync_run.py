"""`sync` and `run`: the work, carried by Prefect's flows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.delivery.going_live import summarize_rehearsal
from engine.live.doctor_results import live_block_reason
from engine.open.open_shop import OpenShop, open_shop
from engine.reach import load_reach
from engine.run import last_evaluated
from engine.sync.consent_writeback import ManualOptOut, manual_opt_outs
from engine.sync_result import SyncResult
from engine.tick.counts import Counts, run_to_json
from flows.runtime.prefect_server import prefect_server
from regulars.commands.backup import warn_if_copy_held
from regulars.commands.reach import show_reach
from regulars.terminal.output import (
    ProgressBars,
    console,
    count_noun,
    error_console,
    print_json,
    progress,
    rules_table,
    stream_label,
)
from settings.errors import RegularsError, UnavailableError, WrongUsageError
from shop.consent.reach import Reach
from shop.db.engine import read_transaction


def sync(config: Path, *, only: str | None, now: datetime, as_json: bool) -> None:
    """Bring the sources up to date; what stood in one's way does not stop the others."""
    shop = open_shop(config)
    if only is not None and only not in shop.config.sources:
        source_names = ", ".join(shop.config.sources) or "none"
        raise WrongUsageError(f"There is no source {only} in {config}. It names: {source_names}.")
    with prefect_server(shop.folder) as server, progress() as bars:
        progress_bars = ProgressBars(bars)
        server.wait_until_healthy()
        from flows.runtime.run_flow import run_flow
        from flows.sync import sync as flow

        sync_results = run_flow(
            flow, progress_bars.on_records, config=str(shop.path), now=now, only=only
        )
        progress_bars.finish()
    with read_transaction(shop.engine) as connection:
        reach = load_reach(connection, shop.config, now=now)
        by_hand = manual_opt_outs(connection, shop.config.sources)
    show_sync_results(sync_results, reach, by_hand, as_json=as_json)


def run(config: Path, *, now: datetime, as_json: bool) -> None:
    """One tick."""
    shop = open_shop(config)
    _print_rehearsal(shop, now)
    counts = run_tick_flow(shop, now)
    warn_if_copy_held(shop.engine)
    _warn_if_ahead(shop, now)
    if blocker := live_block_reason(shop, now):
        error_console.print(f"Marketing waits: {blocker}", soft_wrap=True)
    if as_json:
        print_json(run_to_json(counts))
    else:
        console.print(rules_table(counts))


def _print_rehearsal(shop: OpenShop, now: datetime) -> None:
    with read_transaction(shop.engine) as connection:
        rehearsal = summarize_rehearsal(connection, shop.config, now=now)
    if rehearsal:
        error_console.print(str(rehearsal), soft_wrap=True)


def _warn_if_ahead(shop: OpenShop, now: datetime) -> None:
    """A clock that was once ahead must not silence the rules without a word."""
    looked_until_time = last_evaluated(shop)
    if looked_until_time and looked_until_time > now:
        error_console.print(
            f"The rules have looked until {looked_until_time:%d %B %Y, %H:%M} UTC already: "
            "until then only what changes is new to them.",
            soft_wrap=True,
        )


def run_tick_flow(shop: OpenShop, now: datetime) -> Mapping[str, Counts]:
    with prefect_server(shop.folder) as server, progress() as bars:
        progress_bars = ProgressBars(bars)
        server.wait_until_healthy()
        from flows.runtime.run_flow import run_flow
        from flows.tick import tick as flow

        counts: Mapping[str, Counts] = run_flow(
            flow, progress_bars.on_messages, config=str(shop.path), now=now
        )
        progress_bars.finish()
    return counts


def show_sync_results(
    sync_results: Sequence[SyncResult],
    reach: Reach | None = None,
    by_hand: Sequence[ManualOptOut] = (),
    *,
    as_json: bool = False,
) -> None:
    """What arrived, and whom it lets the shop reach; raises where a source could not be read."""
    if as_json:
        reach_document = {"reach": asdict(reach)} if reach else {}
        by_hand_document = (
            {"by_hand": [_by_hand_document(sync_result) for sync_result in by_hand]}
            if by_hand
            else {}
        )
        print_json(
            {
                "sources": {
                    sync_result.source: _document(sync_result) for sync_result in sync_results
                }
            }
            | by_hand_document
            | reach_document
        )
    else:
        for sync_result in sync_results:
            _print_sync_result(
                sync_result, sum(opt_out.source == sync_result.source for opt_out in by_hand)
            )
        if reach:
            show_reach(reach)
    errors = [sync_result.error for sync_result in sync_results if sync_result.error]
    if errors:
        raise _combine_errors(errors)


def _print_sync_result(sync_result: SyncResult, by_hand: int) -> None:
    if sync_result.report is None:
        return
    counts = [
        f"{count:,} {stream_label(stream)}"
        for stream, count in sync_result.report.streams.items()
        if count
    ]
    console.print(f"{sync_result.source}: {', '.join(counts) or 'nothing new'}")
    if sync_result.report.quarantined:
        count = count_noun(sync_result.report.quarantined, "record")
        console.print(f"  {count} set aside: regulars set-aside")
    if opt_outs := _opt_out_text(sync_result, by_hand):
        console.print(f"  said no to mail: {opt_outs}")
    for warning in (*sync_result.report.warnings, *filter(None, [sync_result.opt_outs.warning])):
        error_console.print(f"  {warning}", markup=False)


def _opt_out_text(sync_result: SyncResult, by_hand: int) -> str:
    """Of those who said no to us: whom the source was told of, and whom it does not know yet."""
    counts = {
        "told now": sync_result.opt_outs.sent,
        "not told yet": sync_result.opt_outs.pending,
        "for you to unsubscribe there": by_hand,
    }
    return ", ".join(f"{count:,} {label}" for label, count in counts.items() if count)


def _by_hand_document(opt_out: ManualOptOut) -> dict[str, Any]:
    return {
        "source": opt_out.source,
        "customer": opt_out.key,
        "said_at": opt_out.said_at.isoformat(),
        "why": opt_out.reason,
    }


def _document(sync_result: SyncResult) -> dict[str, Any]:
    if sync_result.report is None:
        return {"trouble": str(sync_result.error)}
    return {
        "records": dict(sync_result.report.streams),
        "quarantined": sync_result.report.quarantined,
        "warnings": [*sync_result.report.warnings, *filter(None, [sync_result.opt_outs.warning])],
        "noes": {"told": sync_result.opt_outs.sent, "waiting": sync_result.opt_outs.pending},
        "unchanged": sync_result.report.skipped_unchanged,
    }


def _combine_errors(errors: Sequence[RegularsError]) -> RegularsError:
    """All sentences; the status of the one that needs the owner, else run again."""
    sentences = "\n".join(str(error) for error in errors)
    for error in errors:
        if not isinstance(error, UnavailableError):
            return type(error)(sentences)
    return UnavailableError(sentences)
