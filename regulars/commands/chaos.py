"""`regulars chaos`: kills deliveries on sandbox servers and counts duplicate and lost mails."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mail.senders.names import names_in_words
from regulars.terminal.options import Json
from regulars.terminal.output import print_json, print_line, print_table
from settings.errors import UnavailableError, WrongUsageError

if TYPE_CHECKING:
    from sandbox.chaos.cells import Cell
    from sandbox.chaos.tally import Tally

WORKERS = (1, 2)
SETTINGS = ("database", "through", "workers")
FIGURES = ("killed", "sent", "twice", "lost", "in doubt", "at most")


def command(
    kills: Annotated[int, typer.Option(min=1, max=100_000, help="How many, over all.")] = 100,
    seed: Annotated[int, typer.Option(help="The same seed plans the same deaths.")] = 7,
    through: Annotated[
        str | None, typer.Option(help=f"One sender instead of all: {names_in_words()}.")
    ] = None,
    postgres: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A server on which databases may be made, too."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Kill deliveries, over and over, on mail that reaches nobody, and count what became of it.

    Needs no shop and touches none. Status 3 where a mail went twice or was lost.

    Example: regulars chaos --kills 50
    """
    run(kills=kills, seed=seed, through=through, postgres=postgres, as_json=as_json)


def run(*, kills: int, seed: int, through: str | None, postgres: str | None, as_json: bool) -> None:
    """Kill `kills` deliveries through the sender `through`, or all senders, and print the tallies.

    `postgres` is the URL of a server for a second database. Raises UnavailableError if a mail was
    sent twice or lost.
    """
    from sandbox.chaos.cells import all_cells
    from sandbox.chaos.mail_services import chaos_sender_names
    from sandbox.chaos.tally import add_up

    if sys.platform == "win32":
        raise WrongUsageError(
            "chaos kills processes as Linux and macOS do; Windows knows no such death."
        )
    if through not in (None, *chaos_sender_names()):
        raise WrongUsageError(
            f"There is no sender {through}. There are: {', '.join(chaos_sender_names())}."
        )
    databases = ["sqlite", "postgresql"] if postgres else ["sqlite"]
    planned_cells = all_cells(databases, [through] if through else chaos_sender_names(), WORKERS)
    folder = Path(tempfile.mkdtemp(prefix="regulars-chaos-"))
    tallies = _run_campaign(planned_cells, kills, seed, folder, postgres)
    overall = add_up(tallies.values())
    if as_json:
        print_json(_document(tallies, overall))
    else:
        _print_tallies(tallies, overall)
        if not postgres:
            print_line("PostgreSQL was left out: name a server with --postgres.")
    if not all(tally.holds for tally in tallies.values()):
        raise UnavailableError(f"A promise was broken. What was left behind is in {folder}.")


def _run_campaign(
    planned_cells: list[Cell], kills: int, seed: int, folder: Path, postgres: str | None
) -> Mapping[Cell, Tally]:
    from regulars.terminal.progress import progress_bars
    from sandbox.chaos.campaign import run_campaign
    from sandbox.chaos.trial import StuckMailsError, run_trial

    with progress_bars() as bars:
        on_kill = bars.counter("killed", total=kills)
        try:
            kill = partial(run_trial, progress=on_kill)
            return run_campaign(
                planned_cells, kills, seed=seed, folder=folder, postgres=postgres, run=kill
            )
        except StuckMailsError as error:
            raise UnavailableError(str(error)) from error


def _document(tallies: Mapping[Cell, Tally], overall: Tally) -> dict[str, Any]:
    names = ("kills", "sent", "twice", "lost", "in_doubt")
    cells = [
        {"database": cell.database, "through": cell.through, "workers": cell.workers}
        | tally.document()
        for cell, tally in tallies.items()
    ]
    return {**{name: getattr(overall, name) for name in names}, "cells": cells}


def _print_tallies(tallies: Mapping[Cell, Tally], overall: Tally) -> None:
    rows = [
        [cell.database, cell.through, str(cell.workers), *_figures(tally)]
        for cell, tally in tallies.items()
    ]
    rows.append(["all", "", "", *_figures(overall)])
    print_table((*SETTINGS, *FIGURES), rows, right=FIGURES, padding=(0, 1, 0, 1))


def _figures(tally: Tally) -> list[str]:
    figures = (
        tally.kills, tally.sent, tally.twice, tally.lost, tally.in_doubt, tally.may_be_in_doubt,
    )  # fmt: skip
    return [f"{figure:,}" for figure in figures]
