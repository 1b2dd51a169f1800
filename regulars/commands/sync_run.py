"""`sync` and `run`: the work, carried by Prefect's flows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.delivery.going_live import rehearsed
from engine.live.doctor_results import may_go_live
from engine.open.open_shop import OpenShop, open_shop
from engine.reach import reach_of
from engine.run import looked_until
from engine.sync.consent_writeback import Untold, untold
from engine.sync_result import Synced
from engine.tick.counts import Counts, document
from flows.runtime.prefect_server import prefect_server
from regulars.commands.backup import say_if_asleep
from regulars.commands.reach import show_reach
from regulars.terminal.output import (
    Watch,
    aside,
    console,
    counted,
    print_json,
    progress,
    rules_table,
    spoken,
)
from settings.errors import OutOfReach, Trouble, WrongUse
from shop.consent.reach import Reach
from shop.db.engine import reading


def sync(config: Path, *, only: str | None, now: datetime, as_json: bool) -> None:
    """Bring the sources up to date; what stood in one's way does not stop the others."""
    shop = open_shop(config)
    if only is not None and only not in shop.file.sources:
        known = ", ".join(shop.file.sources) or "none"
        raise WrongUse(f"There is no source {only} in {config}. It names: {known}.")
    with prefect_server(shop.folder) as server, progress() as bars:
        watch = Watch(bars)
        server.wait()
        from flows.runtime.run_flow import carry
        from flows.sync import sync as flow

        synced = carry(flow, watch.arrived, config=str(shop.path), now=now, only=only)
        watch.finish()
    with reading(shop.engine) as connection:
        found = reach_of(connection, shop.file, now=now)
        by_hand = untold(connection, shop.file.sources)
    show_synced(synced, found, by_hand, as_json=as_json)


def run(config: Path, *, now: datetime, as_json: bool) -> None:
    """One tick."""
    shop = open_shop(config)
    _say_what_was_rehearsed(shop, now)
    counts = tick(shop, now)
    say_if_asleep(shop.engine)
    _say_if_behind(shop, now)
    if waits_for := may_go_live(shop, now):
        aside.print(f"Marketing waits: {waits_for}", soft_wrap=True)
    if as_json:
        print_json(document(counts))
    else:
        console.print(rules_table(counts))


def _say_what_was_rehearsed(shop: OpenShop, now: datetime) -> None:
    with reading(shop.engine) as connection:
        found = rehearsed(connection, shop.file, now=now)
    if found:
        aside.print(str(found), soft_wrap=True)


def _say_if_behind(shop: OpenShop, now: datetime) -> None:
    """A clock that was once ahead must not silence the rules without a word."""
    looked = looked_until(shop)
    if looked and looked > now:
        aside.print(
            f"The rules have looked until {looked:%d %B %Y, %H:%M} UTC already: "
            "until then only what changes is new to them.",
            soft_wrap=True,
        )


def tick(shop: OpenShop, now: datetime) -> Mapping[str, Counts]:
    with prefect_server(shop.folder) as server, progress() as bars:
        watch = Watch(bars)
        server.wait()
        from flows.runtime.run_flow import carry
        from flows.tick import tick as flow

        counts: Mapping[str, Counts] = carry(flow, watch.delivered, config=str(shop.path), now=now)
        watch.finish()
    return counts


def show_synced(
    synced: Sequence[Synced],
    found: Reach | None = None,
    by_hand: Sequence[Untold] = (),
    *,
    as_json: bool = False,
) -> None:
    """What arrived, and whom it lets the shop reach; raises where a source could not be read."""
    if as_json:
        reached = {"reach": asdict(found)} if found else {}
        noes = {"by_hand": [_untold(one) for one in by_hand]} if by_hand else {}
        print_json({"sources": {one.source: _document(one) for one in synced}} | noes | reached)
    else:
        for one in synced:
            _say(one, sum(no.source == one.source for no in by_hand))
        if found:
            show_reach(found)
    troubles = [one.trouble for one in synced if one.trouble]
    if troubles:
        raise _worst(troubles)


def _say(one: Synced, by_hand: int) -> None:
    if one.report is None:
        return
    arrived = [f"{many:,} {spoken(stream)}" for stream, many in one.report.streams.items() if many]
    console.print(f"{one.source}: {', '.join(arrived) or 'nothing new'}")
    if one.report.quarantined:
        many = counted(one.report.quarantined, "record")
        console.print(f"  {many} set aside: regulars set-aside")
    if noes := _noes(one, by_hand):
        console.print(f"  said no to mail: {noes}")
    for warning in (*one.report.warnings, *filter(None, [one.noes.warning])):
        aside.print(f"  {warning}", markup=False)


def _noes(one: Synced, by_hand: int) -> str:
    """Of those who said no to us: whom the source was told of, and whom it does not know yet."""
    parts = {
        "told now": one.noes.told,
        "not told yet": one.noes.waiting,
        "for you to unsubscribe there": by_hand,
    }
    return ", ".join(f"{many:,} {what}" for what, many in parts.items() if many)


def _untold(one: Untold) -> dict[str, Any]:
    return {
        "source": one.source,
        "customer": one.key,
        "said_at": one.said_at.isoformat(),
        "why": one.why,
    }


def _document(one: Synced) -> dict[str, Any]:
    if one.report is None:
        return {"trouble": str(one.trouble)}
    return {
        "records": dict(one.report.streams),
        "quarantined": one.report.quarantined,
        "warnings": [*one.report.warnings, *filter(None, [one.noes.warning])],
        "noes": {"told": one.noes.told, "waiting": one.noes.waiting},
        "unchanged": one.report.skipped_unchanged,
    }


def _worst(troubles: Sequence[Trouble]) -> Trouble:
    """All sentences; the status of the one that needs the owner, else run again."""
    told = "\n".join(str(trouble) for trouble in troubles)
    for trouble in troubles:
        if not isinstance(trouble, OutOfReach):
            return type(trouble)(told)
    return OutOfReach(told)
