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
from engine.quarantine import SetAside, list_quarantined, remedy
from regulars.terminal.output import console, print_json, printable, stream_label
from shop.db.engine import read_transaction

MAX_ROWS = 50  # of a source; --json has them all


def run(config: Path, *, as_json: bool) -> None:
    """All of them, by source."""
    shop = open_shop(config)
    with read_transaction(shop.engine) as connection:
        records = list_quarantined(connection)
    by_source = {
        name: list(source_records)
        for name, source_records in groupby(records, key=lambda source_record: source_record.source)
    }
    if as_json:
        document = {
            name: {
                "do": remedy(shop.config, name),
                "records": [_document(source_record) for source_record in source_records],
            }
            for name, source_records in by_source.items()
        }
        print_json({"sources": document})
        return
    for name, source_records in by_source.items():
        _print_source(name, source_records, remedy(shop.config, name), shop.config.shop.zone)
    if not records:
        console.print("Nothing is set aside.")


def _print_source(name: str, records: Sequence[SetAside], remedy_text: str, zone: ZoneInfo) -> None:
    console.print(f"[bold]{name}[/]")
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="bold")
    for column in ("since", "of its", "record", "why"):
        table.add_column(column, overflow="fold")
    for quarantined in records[:MAX_ROWS]:
        cells = (
            _format_day(quarantined.since, zone),
            stream_label(quarantined.kind),
            quarantined.record,
            quarantined.why,
        )
        table.add_row(*(printable(text) for text in cells))
    console.print(table)
    if len(records) > MAX_ROWS:
        console.print(f"  and {len(records) - MAX_ROWS:,} more: regulars set-aside --json")
    console.print(f"  {printable(remedy_text)}\n", soft_wrap=True)


def _format_day(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%d %b %Y}"


def _document(quarantined: SetAside) -> dict[str, str]:
    fields = asdict(quarantined) | {
        "kind": stream_label(quarantined.kind),
        "since": quarantined.since.isoformat(),
    }
    del fields["source"]
    return fields
