"""`chaos`: does it keep its word when it is killed? Tried here, on mail that reaches nobody."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from regulars.terminal.output import console, print_json, progress
from sandbox.chaos.campaign import campaign
from sandbox.chaos.cells import SENDERS, Cell, cells
from sandbox.chaos.tally import Tally, together
from sandbox.chaos.trial import Stuck
from settings.errors import OutOfReach, WrongUse

WORKERS = (1, 2)


def run(*, kills: int, seed: int, through: str | None, postgres: str | None, as_json: bool) -> None:
    """Kill deliveries, count their mails, and fail where one went twice or was lost."""
    if sys.platform == "win32":
        raise WrongUse("chaos kills processes as Linux and macOS do; Windows knows no such death.")
    if through not in (None, *SENDERS):
        raise WrongUse(f"There is no sender {through}. There are: {', '.join(SENDERS)}.")
    databases = ["sqlite", "postgresql"] if postgres else ["sqlite"]
    wanted = cells(databases, [through] if through else list(SENDERS), WORKERS)
    folder = Path(tempfile.mkdtemp(prefix="regulars-chaos-"))
    found = _tallies(wanted, kills, seed, folder, postgres)
    whole = together(found.values())
    if as_json:
        print_json(_document(found, whole))
    else:
        console.print(_table(found, whole))
        if not postgres:
            console.print("PostgreSQL was left out: name a server with --postgres.")
    if not all(one.holds for one in found.values()):
        raise OutOfReach(f"A promise was broken. What was left behind is in {folder}.")


def _tallies(
    wanted: list[Cell], kills: int, seed: int, folder: Path, postgres: str | None
) -> Mapping[Cell, Tally]:
    with progress() as bars:
        killed = bars.add_task("killed", total=kills)
        try:
            return campaign(
                wanted,
                kills,
                seed=seed,
                folder=folder,
                postgres=postgres,
                progress=lambda: bars.advance(killed),
            )
        except Stuck as finding:
            raise OutOfReach(str(finding)) from finding


def _document(found: Mapping[Cell, Tally], whole: Tally) -> dict[str, Any]:
    names = ("kills", "sent", "twice", "lost", "in_doubt")
    return {name: getattr(whole, name) for name in names} | {
        "cells": [
            {"database": cell.database, "through": cell.through, "workers": cell.workers}
            | one.document()
            for cell, one in found.items()
        ]
    }


def _table(found: Mapping[Cell, Tally], whole: Tally) -> Table:
    table = Table(box=None)
    for column in ("database", "through", "workers"):
        table.add_column(column)
    for column in ("killed", "sent", "twice", "lost", "in doubt", "at most"):
        table.add_column(column, justify="right")
    for cell, one in found.items():
        table.add_row(cell.database, cell.through, str(cell.workers), *_figures(one))
    table.add_row("all", "", "", *_figures(whole))
    return table


def _figures(one: Tally) -> list[str]:
    figures = (one.kills, one.sent, one.twice, one.lost, one.in_doubt, one.may_be_in_doubt)
    return [f"{figure:,}" for figure in figures]
