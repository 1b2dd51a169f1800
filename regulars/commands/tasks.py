"""`tasks` and `done`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table

from engine.open.open_shop import open_shop
from engine.owner.tasks import ToDo, tick_off, to_do
from regulars.terminal.output import console, counted, print_json, printable
from settings.errors import WrongUse
from shop.db.engine import reading, writing


def show(config: Path, *, now: datetime, as_json: bool) -> None:
    """All that somebody should do, the most urgent first."""
    shop = open_shop(config)
    with reading(shop.engine) as connection:
        found = to_do(connection)
    if as_json:
        print_json({"tasks": [_document(one) for one in found]})
    elif found:
        console.print(_table(found, now, shop.file.shop.zone))
        console.print("\nregulars done NUMBER")
    else:
        console.print("There is nothing to do.")


def finish(config: Path, numbers: Sequence[int], *, now: datetime) -> None:
    """Raises with the numbers that no open task has; the others are done."""
    with writing(open_shop(config).engine) as connection:
        done, unknown = tick_off(connection, numbers, now=now)
    if done:
        console.print(f"{counted(len(done), 'task')} done.")
    if unknown:
        which = ", ".join(str(one) for one in unknown)
        raise WrongUse(f"No open task has the number {which}. They are in: regulars tasks")


def _document(one: ToDo) -> dict[str, Any]:
    until = one.until.isoformat() if one.until else None
    return asdict(one) | {"since": one.since.isoformat(), "until": until}


def _table(found: Sequence[ToDo], now: datetime, zone: ZoneInfo) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("number", "what", "customer", "rule", "until"):
        table.add_column(name, overflow="fold")
    for one in found:
        until = f"{one.until.astimezone(zone):%d %b %H:%M}" if one.until else ""
        late = " (late)" if one.until and one.until < now else ""
        shown = (str(one.id), printable(one.words), printable(one.customer), one.rule)
        table.add_row(*shown, f"{until}{late}")
    return table
