"""`set-aside`: the records that could not be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.table import Table

from engine.open.open_shop import open_shop
from engine.quarantine import SetAside, remedy, set_aside
from regulars.terminal.output import console, print_json, printable, spoken
from shop.db.engine import reading

MOST_SHOWN = 50  # of a source; --json has them all


def run(config: Path, *, as_json: bool) -> None:
    """All of them, by source."""
    shop = open_shop(config)
    with reading(shop.engine) as connection:
        found = set_aside(connection)
    by_source = {name: list(ones) for name, ones in groupby(found, key=lambda one: one.source)}
    if as_json:
        told = {
            name: {"do": remedy(shop.file, name), "records": [_document(one) for one in ones]}
            for name, ones in by_source.items()
        }
        print_json({"sources": told})
        return
    for name, ones in by_source.items():
        _show(name, ones, remedy(shop.file, name), shop.file.shop.zone)
    if not found:
        console.print("Nothing is set aside.")


def _show(name: str, ones: Sequence[SetAside], then: str, zone: ZoneInfo) -> None:
    console.print(f"[bold]{name}[/]")
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="bold")
    for column in ("since", "of its", "record", "why"):
        table.add_column(column, overflow="fold")
    for one in ones[:MOST_SHOWN]:
        shown = (_day(one.since, zone), spoken(one.kind), one.record, one.why)
        table.add_row(*(printable(text) for text in shown))
    console.print(table)
    if len(ones) > MOST_SHOWN:
        console.print(f"  and {len(ones) - MOST_SHOWN:,} more: regulars set-aside --json")
    console.print(f"  {printable(then)}\n", soft_wrap=True)


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%d %b %Y}"


def _document(one: SetAside) -> dict[str, str]:
    told = asdict(one) | {"kind": spoken(one.kind), "since": one.since.isoformat()}
    del told["source"]
    return told
