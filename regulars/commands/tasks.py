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
from engine.owner.tasks import OpenTask, complete_tasks, open_tasks
from regulars.terminal.output import console, count_noun, print_json, printable
from settings.errors import WrongUsageError
from shop.db.engine import read_transaction, write_transaction


def show(config: Path, *, now: datetime, as_json: bool) -> None:
    """All that somebody should do, the most urgent first."""
    shop = open_shop(config)
    with read_transaction(shop.engine) as connection:
        tasks = open_tasks(connection)
    if as_json:
        print_json({"tasks": [_document(task) for task in tasks]})
    elif tasks:
        console.print(_table(tasks, now, shop.config.shop.zone))
        console.print("\nregulars done NUMBER")
    else:
        console.print("There is nothing to do.")


def mark_done(config: Path, numbers: Sequence[int], *, now: datetime) -> None:
    """Raises with the numbers that no open task has; the others are done."""
    with write_transaction(open_shop(config).engine) as connection:
        done, unknown = complete_tasks(connection, numbers, now=now)
    if done:
        console.print(f"{count_noun(len(done), 'task')} done.")
    if unknown:
        numbers_text = ", ".join(str(number) for number in unknown)
        raise WrongUsageError(
            f"No open task has the number {numbers_text}. They are in: regulars tasks"
        )


def _document(task: OpenTask) -> dict[str, Any]:
    until = task.until.isoformat() if task.until else None
    return asdict(task) | {"since": task.since.isoformat(), "until": until}


def _table(tasks: Sequence[OpenTask], now: datetime, zone: ZoneInfo) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("number", "what", "customer", "rule", "until"):
        table.add_column(name, overflow="fold")
    for task in tasks:
        until = f"{task.until.astimezone(zone):%d %b %H:%M}" if task.until else ""
        late_note = " (late)" if task.until and task.until < now else ""
        cells = (str(task.id), printable(task.words), printable(task.customer), task.rule)
        table.add_row(*cells, f"{until}{late_note}")
    return table
