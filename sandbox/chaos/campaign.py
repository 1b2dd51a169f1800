"""Runs the trials of all cells, one after the other, each in its own folder."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sandbox.chaos.cells import Cell, write_config
from sandbox.chaos.databases import cell_database
from sandbox.chaos.mail_services import chaos_sender
from sandbox.chaos.tally import Tally
from sandbox.chaos.trial import Trial, run_trial

RunTrial = Callable[[Trial, int], Tally]


def run_campaign(
    cells: Sequence[Cell],
    kills: int,
    *,
    seed: int,
    folder: Path,
    postgres: str | None,
    run: RunTrial = run_trial,
) -> Mapping[Cell, Tally]:
    """Spread `kills`, or what else `run` counts, over `cells`; returns the tally of each that got
    one.
    """
    tallies = {}
    for number, cell in enumerate(cells):
        share = kills // len(cells) + (number < kills % len(cells))
        if share:
            with _trial(cell, seed, folder / f"{number}", postgres) as trial:
                tallies[cell] = run(trial, share)
    return tallies


@contextmanager
def _trial(cell: Cell, seed: int, folder: Path, postgres: str | None) -> Iterator[Trial]:
    folder.mkdir(parents=True)
    with (
        cell_database(cell.database, postgres) as address,
        chaos_sender(cell.through).run(folder) as mail_service,
    ):
        config = write_config(folder, cell, address, mail_service.port)
        rng = random.Random(f"{seed}, {cell}")  # noqa: S311  # repeatable, not secret
        yield Trial(cell, config, mail_service, rng)
