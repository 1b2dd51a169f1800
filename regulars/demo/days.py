"""The demo's days: a tick, the owner's approval, the next tick, and one three days later."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from engine.open.open_shop import OpenShop
from engine.owner.approvals import approve_mails, pending_mails
from engine.reach import load_reach
from engine.sync.sync import sync_all
from engine.tick.tick_report import count_written_mails
from regulars.flow_runs import run_tick_flow_on_server
from regulars.terminal.output import count_noun, print_line
from regulars.terminal.reports import print_reach, print_rules
from shop.db.engine import read_transaction
from templates.language import ENGLISH

NEXT_TICK = timedelta(minutes=5)
SECOND_WELCOME = timedelta(days=3)  # the wait between the welcome's two mails


def run_days(shop: OpenShop, now: datetime) -> datetime:
    """Run three ticks from `now` on, or two if no mail waits for approval; print the results.

    Returns the time of the last one.
    """
    counts = run_tick_flow_on_server(shop, now=now)
    print_line(f"\n[bold]{shop.config.shop.name}[/], {_local_time(shop, now)}\n")
    print_rules(counts)
    if _approve_pending(shop, now):
        _run_later_tick(shop, now + NEXT_TICK, "With the next run")
    asyncio.run(sync_all(shop, now=now + SECOND_WELCOME))
    _run_later_tick(shop, now + SECOND_WELCOME, "Three days later")
    _print_summary(shop, now + SECOND_WELCOME)
    return now + SECOND_WELCOME


def _approve_pending(shop: OpenShop, now: datetime) -> bool:
    """Approve the waiting mails as the owner would; returns whether there were any."""
    with read_transaction(shop.engine) as connection:
        messages = pending_mails(connection)
    if messages:
        rules = list(dict.fromkeys(message.rule for message in messages))
        mails = count_noun(len(messages), "mail")
        print_line(
            f"\n{mails} of {', '.join(rules)} waited for the owner's word. "
            f"The demo gave it: regulars approve {' '.join(rules)}"
        )
        approve_mails(shop, rules, now=now)
    return bool(messages)


def _run_later_tick(shop: OpenShop, now: datetime, title: str) -> None:
    counts = run_tick_flow_on_server(shop, now=now)
    with_work = {name: rule_counts for name, rule_counts in counts.items() if rule_counts.enrolled}
    print_line(f"\n[bold]{title}[/], {_local_time(shop, now)}\n")
    if with_work:
        print_rules(with_work)
    else:
        print_line("  Nothing was due.")


def _print_summary(shop: OpenShop, now: datetime) -> None:
    with read_transaction(shop.engine) as connection:
        mails = count_written_mails(connection)
        reach = load_reach(connection, shop.config, now=now)
    print_line()
    print_reach(reach)
    kinds = " · ".join(f"{name} {count}" for name, count in mails.by_template.items())
    tomorrow = (now + timedelta(days=1)).isoformat()
    print_line(
        f"\n{count_noun(mails.total, 'mail')} to {mails.customers:,} people, "
        f"of {len(mails.by_template)} kinds:\n{kinds}\n"
        f"They are in {shop.folder / shop.config.sending.folder}. Open an .html in a browser."
    )
    print_line(f"A day later in the café: regulars run --at {tomorrow}")


def _local_time(shop: OpenShop, now: datetime) -> str:
    local = now.astimezone(shop.config.shop.zone)
    return f"{ENGLISH.weekday(local)} {ENGLISH.date_and_time(local)}"
