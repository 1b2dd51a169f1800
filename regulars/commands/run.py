"""`regulars run`: one tick."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from regulars.terminal.options import At, Json, parse_at
from regulars.terminal.output import print_json, print_note
from regulars.terminal.reports import print_rules, warn_if_copy_held, warn_if_providers_held
from templates.language import ENGLISH

STOPPED = "Stopped: the mail that was being sent was finished, the others wait for the next run."
SIGNAL_STATUS = 128

if TYPE_CHECKING:
    from engine.open.open_shop import OpenShop


def command(context: typer.Context, as_json: Json = False, at: At = None) -> None:
    """Look at the rules once and deliver what is due. Does not sync.

    Example: regulars run --at 2026-03-03T10:00:00+00:00
    """
    run(context.obj, now=parse_at(at), is_fixed=at is not None, as_json=as_json)


def run(config: Path, *, now: datetime, is_fixed: bool, as_json: bool) -> None:
    """Run one tick at `now` and print its counts by rule; unless it `is_fixed`, the time goes on
    while mails are sent.

    Raises `typer.Exit` with 128 and the number of the signal that stopped it, as shells count.
    """
    from engine.clock.plausibility import check_clock
    from engine.open.open_shop import open_shop
    from engine.tick.counts import run_to_json
    from engine.tick_context import running_clock
    from regulars import flow_runs

    shop = open_shop(config)
    _print_rehearsal(shop, now)
    clock = None if is_fixed else running_clock(now)
    if not is_fixed:
        check_clock(shop.folder, now)
    result = flow_runs.run_tick_flow(shop, now=now, clock=clock)
    _print_warnings(shop, now)
    if as_json:
        print_json(run_to_json(result.counts))
    else:
        print_rules(result.counts)
    if result.stop_signal:
        print_note(STOPPED)
        raise typer.Exit(SIGNAL_STATUS + result.stop_signal)


def _print_rehearsal(shop: OpenShop, now: datetime) -> None:
    """If this run goes live, print how many mails were rehearsed."""
    from engine.delivery.going_live import summarize_rehearsal
    from shop.db.engine import read_transaction

    with read_transaction(shop.engine) as connection:
        rehearsal = summarize_rehearsal(connection, shop.config, now=now)
    if rehearsal:
        print_note(str(rehearsal))


def _print_warnings(shop: OpenShop, now: datetime) -> None:
    from engine.live.doctor_results import live_block_reason

    warn_if_copy_held(shop.engine)
    warn_if_providers_held(shop.engine)
    _warn_if_evaluated_later(shop, now)
    if reason := live_block_reason(shop, now):
        print_note(f"Marketing waits: {reason}")


def _warn_if_evaluated_later(shop: OpenShop, now: datetime) -> None:
    """Rules evaluated up to a time after `now` find nothing new: a clock may have been ahead."""
    from engine.run import last_evaluated

    evaluated = last_evaluated(shop)
    if evaluated and evaluated > now:
        print_note(
            f"The rules have looked until {ENGLISH.date_and_time(evaluated)} UTC already: "
            "until then only what changes is new to them."
        )
