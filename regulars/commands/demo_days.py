"""The demo's days: a look at the rules, the owner's word on what waits, and three days later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from rich.progress import Progress

from engine.open.open_shop import OpenShop
from engine.owner.approvals import approve, waiting
from engine.reach import reach_of
from engine.tick.counts import Counts, total
from engine.tick.tick_report import written
from regulars.commands.reach import show_reach
from regulars.terminal.output import Watch, console, counted, progress, rules_table
from shop.db.engine import reading

NEXT_RUN = timedelta(minutes=5)
LATER = timedelta(days=3)  # as long as the welcome waits before its second mail


def live(shop: OpenShop, now: datetime) -> None:
    """Prefect's server answers: three runs, or two where nothing waits for a word."""
    counts = _run(shop, now)
    console.print(f"\n[bold]{shop.file.shop.name}[/], {_day(shop, now)}\n")
    console.print(rules_table(counts))
    if _approve_as_the_owner_would(shop, now):
        _show_what_moved(shop, now + NEXT_RUN, "with the next run")
    _show_what_moved(shop, now + LATER, "three days later")
    _show_the_whole(shop, now + LATER)


def _run(shop: OpenShop, now: datetime) -> Mapping[str, Counts]:
    with progress() as bars:
        return _carried(shop, now, bars)


def _carried(shop: OpenShop, now: datetime, bars: Progress) -> Mapping[str, Counts]:
    from flows.runtime.run_flow import carry
    from flows.tick import tick

    watch = Watch(bars)
    counts: Mapping[str, Counts] = carry(tick, watch.delivered, config=str(shop.path), now=now)
    watch.finish()
    return counts


def _approve_as_the_owner_would(shop: OpenShop, now: datetime) -> int:
    """How many mails waited."""
    with reading(shop.engine) as connection:
        held = waiting(connection)
    if held:
        rules = list(dict.fromkeys(one.rule for one in held))
        console.print(
            f"\n{counted(len(held), 'mail')} of {', '.join(rules)} waited for the owner's word. "
            f"The demo gave it: regulars approve {' '.join(rules)}",
            soft_wrap=True,
        )
        approve(shop, rules, now=now)
    return len(held)


def _show_what_moved(shop: OpenShop, now: datetime, when: str) -> None:
    moved = {name: one for name, one in _run(shop, now).items() if one.enrolled}
    console.print(f"\n[bold]{when.capitalize()}[/], {_day(shop, now)}\n")
    if total(moved.values()).enrolled:
        console.print(rules_table(moved))
    else:
        console.print("  Nothing was due.")


def _show_the_whole(shop: OpenShop, now: datetime) -> None:
    with reading(shop.engine) as connection:
        mails = written(connection)
        console.print()
        show_reach(reach_of(connection, shop.file, now=now))
    folder = shop.folder / shop.file.sending.folder
    kinds = " · ".join(f"{name} {many}" for name, many in mails.kinds.items())
    console.print(
        f"\n{counted(mails.total, 'mail')} to {mails.people:,} people, "
        f"of {len(mails.kinds)} kinds:\n{kinds}\n"
        f"They are in {folder}. Open an .html in a browser.",
        soft_wrap=True,
    )
    tomorrow = (now + timedelta(days=1)).isoformat()
    console.print(f"A day later in the café: regulars run --at {tomorrow}", soft_wrap=True)


def _day(shop: OpenShop, now: datetime) -> str:
    local = now.astimezone(shop.file.shop.zone)
    return f"{local:%A %d %B %Y, %H:%M}"
