"""Runs the trials of all cells, one after the other, each in its own folder."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sandbox.chaos.cells import Cell, write_config
from sandbox.chaos.databases import cell_database
from sandbox.chaos.mail_services import chaos_sender
from sandbox.chaos.tally import Tally
from sandbox.chaos.trial import Trial, run_trial


def run_campaign(
    cells: Sequence[Cell],
    kills: int,
    *,
    seed: int,
    folder: Path,
    postgres: str | None,
    progress: Callable[[], None],
) -> Mapping[Cell, Tally]:
    """Spread `kills` over `cells`; returns the tally of each cell that got one."""
    tallies = {}
    for number, cell in enumerate(cells):
        share = kills // len(cells) + (number < kills % len(cells))
        if share:
            tallies[cell] = _run_cell(cell, share, seed, folder / f"{number}", postgres, progress)
    return tallies


def _run_cell(
    cell: Cell,
    kills: int,
    seed: int,
    folder: Path,
    postgres: str | None,
    progress: Callable[[], None],
) -> Tally:
    folder.mkdir(parents=True)
    with (
        cell_database(cell.database, postgres) as address,
        chaos_sender(cell.through).run(folder) as mail_service,
    ):
        config = write_config(folder, cell, address, mail_service.port)
        rng = random.Random(f"{seed}, {cell}")  # noqa: S311  # repeatable, not secret
        return run_trial(Trial(cell, config, mail_service, rng), kills, progress)
