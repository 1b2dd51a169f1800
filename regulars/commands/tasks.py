"""`regulars tasks`: lists the tasks that rules have given to people."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typer

from regulars.terminal.options import At, Json, parse_at
from regulars.terminal.output import print_json, print_line, print_table, printable
from templates.language import ENGLISH

if TYPE_CHECKING:
    from engine.owner.tasks import OpenTask


def command(context: typer.Context, as_json: Json = False, at: At = None) -> None:
    """List what rules ask you to do yourself, the most urgent first.

    Example: regulars tasks
    """
    run(context.obj, now=parse_at(at), as_json=as_json)


def run(config: Path, *, now: datetime, as_json: bool) -> None:
    """Print the open tasks; those due before `now` are marked."""
    from engine.open.open_shop import open_shop
    from engine.owner.tasks import open_tasks
    from shop.db.engine import read_transaction

    shop = open_shop(config)
    with read_transaction(shop.engine) as connection:
        tasks = open_tasks(connection)
    if as_json:
        print_json({"tasks": [_document(task) for task in tasks]})
    elif tasks:
        rows = [_cells(task, now, shop.config.shop.zone) for task in tasks]
        print_table(("number", "what", "customer", "rule", "until"), rows)
        print_line("\nregulars done NUMBER")
    else:
        print_line("There is nothing to do.")


def _document(task: OpenTask) -> dict[str, Any]:
    until = task.until.isoformat() if task.until else None
    return asdict(task) | {"since": task.since.isoformat(), "until": until}


def _cells(task: OpenTask, now: datetime, zone: ZoneInfo) -> list[str]:
    until = ENGLISH.short_date_and_time(task.until.astimezone(zone)) if task.until else ""
    late_note = " (late)" if task.until and task.until < now else ""
    words, customer = printable(task.words), printable(task.customer)
    return [str(task.id), words, customer, task.rule, f"{until}{late_note}"]
