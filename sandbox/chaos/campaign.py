"""All cells, one after the other, each in a folder of its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sandbox.chaos.cells import Cell, write_file
from sandbox.chaos.databases import database
from sandbox.chaos.mail_services import KEYS, service
from sandbox.chaos.tally import Tally
from sandbox.chaos.trial import Trial, run


def campaign(
    cells: Sequence[Cell],
    kills: int,
    *,
    seed: int,
    folder: Path,
    postgres: str | None,
    progress: Callable[[], None],
) -> Mapping[Cell, Tally]:
    """So many kills over all cells, and what each came to."""
    found = {}
    for number, cell in enumerate(cells):
        share = kills // len(cells) + (number < kills % len(cells))
        if share:
            found[cell] = _one(cell, share, seed, folder / f"{number}", postgres, progress)
    return found


def _one(
    cell: Cell,
    kills: int,
    seed: int,
    folder: Path,
    postgres: str | None,
    progress: Callable[[], None],
) -> Tally:
    folder.mkdir(parents=True)
    with database(cell.database, postgres) as address, service(cell.through, folder) as there:
        config = write_file(folder, cell, address, there.port, KEYS[cell.through])
        chance = random.Random(f"{seed}, {cell}")  # noqa: S311  # to be repeated, not to be secret
        return run(Trial(cell, config, there, chance), kills, progress)
