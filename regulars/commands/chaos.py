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
from sandbox.chaos.trial import StuckMailsError
from settings.errors import UnavailableError, WrongUsageError

WORKERS = (1, 2)


def run(*, kills: int, seed: int, through: str | None, postgres: str | None, as_json: bool) -> None:
    """Kill deliveries, count their mails, and fail where one went twice or was lost."""
    if sys.platform == "win32":
        raise WrongUsageError(
            "chaos kills processes as Linux and macOS do; Windows knows no such death."
        )
    if through not in (None, *SENDERS):
        raise WrongUsageError(f"There is no sender {through}. There are: {', '.join(SENDERS)}.")
    databases = ["sqlite", "postgresql"] if postgres else ["sqlite"]
    planned_cells = cells(databases, [through] if through else list(SENDERS), WORKERS)
    folder = Path(tempfile.mkdtemp(prefix="regulars-chaos-"))
    tallies = _tallies(planned_cells, kills, seed, folder, postgres)
    overall = together(tallies.values())
    if as_json:
        print_json(_document(tallies, overall))
    else:
        console.print(_table(tallies, overall))
        if not postgres:
            console.print("PostgreSQL was left out: name a server with --postgres.")
    if not all(tally.holds for tally in tallies.values()):
        raise UnavailableError(f"A promise was broken. What was left behind is in {folder}.")


def _tallies(
    planned_cells: list[Cell], kills: int, seed: int, folder: Path, postgres: str | None
) -> Mapping[Cell, Tally]:
    with progress() as bars:
        kill_task = bars.add_task("killed", total=kills)
        try:
            return campaign(
                planned_cells,
                kills,
                seed=seed,
                folder=folder,
                postgres=postgres,
                progress=lambda: bars.advance(kill_task),
            )
        except StuckMailsError as error:
            raise UnavailableError(str(error)) from error


def _document(tallies: Mapping[Cell, Tally], overall: Tally) -> dict[str, Any]:
    names = ("kills", "sent", "twice", "lost", "in_doubt")
    return {name: getattr(overall, name) for name in names} | {
        "cells": [
            {"database": cell.database, "through": cell.through, "workers": cell.workers}
            | tally.document()
            for cell, tally in tallies.items()
        ]
    }


def _table(tallies: Mapping[Cell, Tally], overall: Tally) -> Table:
    table = Table(box=None)
    for column in ("database", "through", "workers"):
        table.add_column(column)
    for column in ("killed", "sent", "twice", "lost", "in doubt", "at most"):
        table.add_column(column, justify="right")
    for cell, tally in tallies.items():
        table.add_row(cell.database, cell.through, str(cell.workers), *_figures(tally))
    table.add_row("all", "", "", *_figures(overall))
    return table


def _figures(tally: Tally) -> list[str]:
    figures = (
        tally.kills,
        tally.sent,
        tally.twice,
        tally.lost,
        tally.in_doubt,
        tally.may_be_in_doubt,
    )
    return [f"{figure:,}" for figure in figures]
