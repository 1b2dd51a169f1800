"""`waiting`, `approve` and `decline`: the owner's word on mails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.table import Table

from engine.open.open_shop import open_shop
from engine.owner.approvals import SHORT, Answer, Waiting, approve, decline, waiting
from regulars.terminal.output import console, counted, print_json, printable
from settings.errors import WrongUse
from shop.db.engine import reading


def show_waiting(config: Path, *, now: datetime, as_json: bool) -> None:
    """Every mail that waits for the owner's word."""
    shop = open_shop(config)
    with reading(shop.engine) as connection:
        found = waiting(connection)
    if as_json:
        print_json({"waiting": [_document(one) for one in found]})
    elif found:
        console.print(_table(found, now, shop.file.shop.zone))
        console.print("\nregulars approve ID, or RULE, or --all · regulars decline ID, or RULE")
    else:
        console.print("Nothing waits for your word.")


def let_go(config: Path, words: Sequence[str], *, everything: bool, now: datetime) -> None:
    """Raises with a sentence for each word that could not be followed; the others were."""
    if bool(words) == everything:
        raise WrongUse("Say which: regulars approve ID, or the name of a rule, or --all.")
    answer = approve(open_shop(config), None if everything else words, now=now)
    _tell(answer, "approved", "The next run sends what nothing else says no to.")


def refuse(config: Path, words: Sequence[str], *, because: str, now: datetime) -> None:
    """The same for what must not go."""
    answer = decline(open_shop(config), words, because=because, now=now)
    _tell(answer, "declined", "What was to follow is ended too.")


def _tell(answer: Answer, what: str, then: str) -> None:
    if answer.done:
        console.print(f"{counted(len(answer.done), 'mail')} {what}. {then}", soft_wrap=True)
    elif not answer.refused:
        console.print("Nothing waits for your word.")
    if answer.refused:
        raise WrongUse("\n".join(answer.refused))


def _document(one: Waiting) -> dict[str, str]:
    return asdict(one) | {"since": one.since.isoformat(), "until": one.until.isoformat()}


def _table(found: Sequence[Waiting], now: datetime, zone: ZoneInfo) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("id", "rule", "customer", "mail", "because of", "since", "until"):
        table.add_column(name, no_wrap=name == "id", overflow="fold")
    for one in found:
        late = " (too late)" if one.until < now else ""
        times = [f"{at.astimezone(zone):%d %b %H:%M}" for at in (one.since, one.until)]
        shown = (one.id[:SHORT], one.rule, printable(one.customer), one.template, one.why, *times)
        table.add_row(*shown[:-1], f"{shown[-1]}{late}")
    return table
