"""`regulars set-aside`: lists the quarantined records of each source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from regulars.terminal.options import Json
from regulars.terminal.output import (
    print_json,
    print_line,
    print_table,
    printable,
    stream_label,
)
from templates.language import ENGLISH

if TYPE_CHECKING:
    from engine.quarantine import SetAside

MAX_ROWS = 50  # of a source; --json has them all


def command(context: typer.Context, as_json: Json = False) -> None:
    """List the records that could not be used, and why.

    Example: regulars set-aside
    """
    run(context.obj, as_json=as_json)


def run(config: Path, *, as_json: bool) -> None:
    """Print the quarantined records by source, each with the reason and the remedy."""
    from engine.open.open_shop import open_shop
    from engine.quarantine import list_quarantined, remedy
    from shop.db.engine import read_transaction

    shop = open_shop(config)
    with read_transaction(shop.engine) as connection:
        quarantined = list_quarantined(connection)
    by_source = {
        source: list(group) for source, group in groupby(quarantined, lambda row: row.source)
    }
    if as_json:
        sources = {
            source: {"do": remedy(shop.config, source), "records": list(map(_document, rows))}
            for source, rows in by_source.items()
        }
        print_json({"sources": sources})
        return
    for source, rows in by_source.items():
        _print_source(source, rows, remedy(shop.config, source), shop.config.shop.zone)
    if not quarantined:
        print_line("Nothing is set aside.")


def _print_source(source: str, rows: Sequence[SetAside], remedy: str, zone: ZoneInfo) -> None:
    print_line(f"[bold]{source}[/]")
    headers = ("since", "of its", "record", "why")
    print_table(headers, [_cells(row, zone) for row in rows[:MAX_ROWS]], padding=(0, 2, 0, 2))
    if len(rows) > MAX_ROWS:
        print_line(f"  and {len(rows) - MAX_ROWS:,} more: regulars set-aside --json")
    print_line(f"  {printable(remedy)}\n")


def _cells(row: SetAside, zone: ZoneInfo) -> list[str]:
    day = ENGLISH.short_date(row.since.astimezone(zone))
    return [printable(text) for text in (day, stream_label(row.kind), row.record, row.why)]


def _document(row: SetAside) -> dict[str, str]:
    fields = asdict(row) | {"kind": stream_label(row.kind), "since": row.since.isoformat()}
    del fields["source"]
    return fields
