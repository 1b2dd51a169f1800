"""`oops`: after a wrong mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table

from engine.message_states import State
from engine.open.open_shop import open_shop
from engine.owner.corrections import Oops, Wronged, oops
from regulars.terminal.options import A_TIME, instant
from regulars.terminal.output import console, counted, print_json, printable
from settings.errors import WrongUse
from settings.values import Length

LATELY = timedelta(days=7)
MOST_SHOWN = 50  # --json has them all


def run(
    config: Path, rule: str, *, since: str | None, saying: str, now: datetime, as_json: bool
) -> None:
    """Hold, show, draft; what was drafted goes nowhere before it is approved."""
    from_ = _since(since, now)
    shop = open_shop(config)
    done = oops(shop, rule, since=from_, saying=saying, now=now)
    if as_json:
        print_json(_document(done))
    else:
        _show(done, shop.file.shop.zone)


def _since(text: str | None, now: datetime) -> datetime:
    """So long ago, or a moment."""
    if text is None:
        return now - LATELY
    try:
        return now - Length.read(text).elapsed
    except ValueError:
        pass
    found = instant(text)
    if found is None:
        raise WrongUse(f"--since {text}: write a length of time, like 3 days, or {A_TIME}.")
    return found


def _document(done: Oops) -> dict[str, Any]:
    people = [asdict(one) | {"at": one.at.isoformat()} for one in done.people]
    return asdict(done) | {"since": done.since.isoformat(), "people": people}


def _show(done: Oops, zone: ZoneInfo) -> None:
    already = "" if done.newly_paused else " already"
    console.print(
        f"The mail of {printable(done.rule)} is held{already}. "
        f"regulars start {printable(done.rule)} lets it go.",
        soft_wrap=True,
    )
    if done.held:
        wait = f"{counted(done.held, 'mail')} of it had not gone and {_waits(done.held)} with it"
        cancel = f"regulars cancel {printable(done.rule)}"
        console.print(f"{wait}. To end what it began: {cancel}", soft_wrap=True)
    since = f"{done.since.astimezone(zone):%d %b %H:%M}"
    if not done.people:
        console.print(f"Nobody got a mail of it since {since}.")
        return
    console.print()
    console.print(_table(done.people[:MOST_SHOWN], zone))
    if len(done.people) > MOST_SHOWN:
        console.print(f"and {len(done.people) - MOST_SHOWN:,} more: --json has them all")
    console.print(f"\n{_counted(done.people, since)}", soft_wrap=True)
    _then(done)


def _table(people: Sequence[Wronged], zone: ZoneInfo) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("customer", "mail", "went", "", "correction"):
        table.add_column(name, overflow="fold")
    for one in people:
        many = f" (the last of {one.mails})" if one.mails > 1 else ""
        table.add_row(
            printable(one.name or one.address or str(one.customer)),
            f"{one.template}{many}",
            f"{one.at.astimezone(zone):%d %b %H:%M}",
            one.state,
            one.correction or "",
        )
    return table


def _counted(people: Sequence[Wronged], since: str) -> str:
    doubtful = sum(one.state in (State.IN_DOUBT, State.SENDING) for one in people)
    unsure = f", {doubtful} of them perhaps" if doubtful else ""
    return f"{counted(len(people), 'customer')} got it since {since}{unsure}."


def _then(done: Oops) -> None:
    """What is left to the owner."""
    for mistake in done.mend:
        console.print(f"The correction cannot be written: {printable(mistake)}", soft_wrap=True)
    if done.reworded:
        console.print(f"{counted(done.reworded, 'correction')} drafted before now say so too.")
    waiting = sum(one.correction == State.AWAITING_APPROVAL for one in done.people)
    if not done.drafted:
        console.print("Nobody is drafted a second correction.")
    if waiting:
        waits = f"{counted(waiting, 'correction')} {_waits(waiting)} for your word"
        console.print(f"{waits}. Look at it: regulars preview correction")
        approve = f"regulars approve {printable(done.corrections)}"
        console.print(f"Let them go: {approve}", soft_wrap=True)


def _waits(many: int) -> str:
    return "waits" if many == 1 else "wait"
