"""The demo's days: a look at the rules, the owner's word on what waits, and three days later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from rich.progress import Progress

from engine.open.open_shop import OpenShop
from engine.owner.approvals import approve_mails, pending_mails
from engine.reach import load_reach
from engine.tick.counts import Counts, sum_counts
from engine.tick.tick_report import count_written_mails
from regulars.commands.reach import show_reach
from regulars.terminal.output import ProgressBars, console, count_noun, progress, rules_table
from shop.db.engine import read_transaction

NEXT_RUN = timedelta(minutes=5)
THREE_DAYS = timedelta(days=3)  # as long as the welcome waits before its second mail


def run_days(shop: OpenShop, now: datetime) -> None:
    """Prefect's server answers: three runs, or two where nothing waits for a word."""
    counts = _tick_with_progress(shop, now)
    console.print(f"\n[bold]{shop.config.shop.name}[/], {_local_time(shop, now)}\n")
    console.print(rules_table(counts))
    if _approve_waiting(shop, now):
        _show_changed_rules(shop, now + NEXT_RUN, "with the next run")
    _show_changed_rules(shop, now + THREE_DAYS, "three days later")
    _show_summary(shop, now + THREE_DAYS)


def _tick_with_progress(shop: OpenShop, now: datetime) -> Mapping[str, Counts]:
    with progress() as bars:
        return _run_tick_flow(shop, now, bars)


def _run_tick_flow(shop: OpenShop, now: datetime, bars: Progress) -> Mapping[str, Counts]:
    from flows.runtime.run_flow import run_flow
    from flows.tick import tick

    progress_bars = ProgressBars(bars)
    counts: Mapping[str, Counts] = run_flow(
        tick, progress_bars.on_messages, config=str(shop.path), now=now
    )
    progress_bars.finish()
    return counts


def _approve_waiting(shop: OpenShop, now: datetime) -> int:
    """How many mails waited."""
    with read_transaction(shop.engine) as connection:
        messages = pending_mails(connection)
    if messages:
        rules = list(dict.fromkeys(message.rule for message in messages))
        console.print(
            f"\n{count_noun(len(messages), 'mail')} of {', '.join(rules)} waited for the owner's word. "
            f"The demo gave it: regulars approve {' '.join(rules)}",
            soft_wrap=True,
        )
        approve_mails(shop, rules, now=now)
    return len(messages)


def _show_changed_rules(shop: OpenShop, now: datetime, label: str) -> None:
    changed = {
        name: rule_counts
        for name, rule_counts in _tick_with_progress(shop, now).items()
        if rule_counts.enrolled
    }
    console.print(f"\n[bold]{label.capitalize()}[/], {_local_time(shop, now)}\n")
    if sum_counts(changed.values()).enrolled:
        console.print(rules_table(changed))
    else:
        console.print("  Nothing was due.")


def _show_summary(shop: OpenShop, now: datetime) -> None:
    with read_transaction(shop.engine) as connection:
        mails = count_written_mails(connection)
        console.print()
        show_reach(load_reach(connection, shop.config, now=now))
    folder = shop.folder / shop.config.sending.folder
    kinds = " · ".join(f"{name} {count}" for name, count in mails.by_template.items())
    console.print(
        f"\n{count_noun(mails.total, 'mail')} to {mails.customers:,} people, "
        f"of {len(mails.by_template)} kinds:\n{kinds}\n"
        f"They are in {folder}. Open an .html in a browser.",
        soft_wrap=True,
    )
    tomorrow = (now + timedelta(days=1)).isoformat()
    console.print(f"A day later in the café: regulars run --at {tomorrow}", soft_wrap=True)


def _local_time(shop: OpenShop, now: datetime) -> str:
    local = now.astimezone(shop.config.shop.zone)
    return f"{local:%A %d %B %Y, %H:%M}"
