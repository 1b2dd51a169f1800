"""`regulars health`: sources, runs, held mail, the doctor's last result, backups and space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from regulars.terminal.options import At, Json, parse_at
from regulars.terminal.output import count_noun, print_json, print_line, printable

if TYPE_CHECKING:
    from engine.owner.health import Health

MEGABYTE = 1_000_000


def command(context: typer.Context, as_json: Json = False, at: At = None) -> None:
    """Show how your shop is doing: sources, runs, held mail, the doctor, backups, space.

    Changes nothing. The page Health shows the same.

    Example: regulars health
    """
    run(context.obj, now=parse_at(at), as_json=as_json)


def run(config: Path, *, now: datetime, as_json: bool) -> None:
    """Print the health of the shop of `config` at `now`."""
    from engine.open.read_only import open_read_only
    from engine.owner.health import load_health
    from shop.db.engine import read_transaction

    shop = open_read_only(config)
    try:
        with read_transaction(shop.engine) as connection:
            health = load_health(connection, shop, now=now)
    finally:
        shop.engine.dispose()
    if as_json:
        print_json(to_document(health))
    else:
        _print(health, now)


def to_document(health: Health) -> dict[str, Any]:
    """Returns `health` for `--json`: keys with blanks, times in ISO 8601."""
    document: dict[str, Any] = _plain(asdict(health))
    return document


def _plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key.replace("_", " "): _plain(child) for key, child in node.items()}
    if isinstance(node, Sequence) and not isinstance(node, str):
        return [_plain(child) for child in node]
    return node.isoformat() if isinstance(node, datetime) else node


def _print(health: Health, now: datetime) -> None:
    from regulars.terminal.status_table import age_text

    for concern in health.concerns:
        print_line(f"[yellow]![/] {printable(concern.message)}")
        print_line(f"  {printable(concern.remedy)}")
    if not health.concerns:
        print_line("[green]✓[/] nothing needs you")
    print_line()
    for source in health.sources:
        line = f"{source.name}, {source.platform}: {source.state}, read {_ago(source.read_at, now)}"
        aside = f", {count_noun(source.set_aside, 'record')} set aside" if source.set_aside else ""
        print_line(printable(f"{line}{aside}"))
    print_line(f"the rules ran {_ago(health.ran_at, now)}")
    for held in health.held:
        print_line(printable(f"held for {age_text(held.since, now)}: {held.mail}"))
    print_line(f"the doctor looked {_ago(health.doctor_at, now)}")
    backup = health.backup
    print_line(f"the last backup beside the file: {_ago(backup.at if backup else None, now)}")
    print_line(
        f"the database takes {health.database_size / MEGABYTE:,.1f} MB, "
        f"{health.free_space / MEGABYTE:,.0f} MB are free"
    )


def _ago(moment: datetime | None, now: datetime) -> str:
    from regulars.terminal.status_table import age_text

    age = age_text(moment, now)
    return age if moment is None or age == "ahead" else f"{age} ago"
