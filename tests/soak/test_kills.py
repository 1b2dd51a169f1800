"""Deliveries and runs that are killed, or stand still for longer than their lease.

`SOAK_KILLS` is the number of kills over all cells, 60 without it. Of a hundred, three hit the real
`regulars run`; for a hundred, six deliveries and one run are suspended.
"""

from __future__ import annotations

import os
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine

from sandbox.chaos.campaign import RunTrial, run_campaign
from sandbox.chaos.cells import Cell, all_cells
from sandbox.chaos.commands import kill_commands, suspend_commands
from sandbox.chaos.mail_services import chaos_sender_names
from sandbox.chaos.suspensions import run_suspensions
from sandbox.chaos.tally import Tally
from sandbox.chaos.trial import run_trial
from tests.soak.report import record

pytestmark = pytest.mark.soak

KILLS = int(os.environ.get("SOAK_KILLS", "60"))
COMMAND_KILLS = max(2, KILLS * 3 // 100)
DATABASES = ["sqlite", "postgresql"]
CELLS = all_cells(DATABASES, chaos_sender_names(), [1, 2])
SINGLE_CELLS = all_cells(DATABASES, chaos_sender_names(), [1])
# A mail server first: the smallest soak has fewer runs than cells.
COMMAND_CELLS = sorted(SINGLE_CELLS, key=lambda cell: cell.through, reverse=True)
LEASE = timedelta(seconds=2)


def shares(total: int, cells: list[Cell]) -> pytest.MarkDecorator:
    """A test for each of `cells` that gets a share of `total`."""
    each, more = divmod(total, len(cells))
    values = [(cell, each + (number < more)) for number, cell in enumerate(cells)]
    values = [value for value in values if value[1]]
    return pytest.mark.parametrize(("cell", "count"), values, ids=str)


def tally_of(cell: Cell, count: int, run: RunTrial, folder: Path, postgres: Engine) -> Tally:
    address = postgres.url.render_as_string(hide_password=False)
    tallies = run_campaign(
        [cell], count, seed=11, folder=folder / "chaos", postgres=address, run=run
    )
    return tallies[cell]


@shares(KILLS - COMMAND_KILLS, CELLS)
def test_killed_deliveries_send_nothing_twice_and_lose_nothing(
    cell: Cell, count: int, tmp_path: Path, postgres: Engine
) -> None:
    tally = tally_of(cell, count, run_trial, tmp_path, postgres)
    record("delivery killed", cell, tally)
    assert tally.kills >= count
    assert (tally.twice, tally.lost) == (0, 0)
    assert tally.in_doubt <= tally.may_be_in_doubt


@shares(COMMAND_KILLS, COMMAND_CELLS)
def test_killed_runs_send_nothing_twice_and_lose_nothing(
    cell: Cell, count: int, tmp_path: Path, postgres: Engine
) -> None:
    tally = tally_of(cell, count, kill_commands, tmp_path, postgres)
    record("regulars run killed", cell, tally)
    assert tally.kills >= count
    assert (tally.twice, tally.lost) == (0, 0)
    assert tally.in_doubt <= tally.may_be_in_doubt


@shares(max(6, KILLS * 6 // 100), SINGLE_CELLS)
def test_suspended_deliveries_send_nothing_twice_and_leave_nothing_in_doubt(
    cell: Cell, count: int, tmp_path: Path, postgres: Engine
) -> None:
    run = partial(run_suspensions, lease=LEASE)
    tally = tally_of(cell, count, run, tmp_path, postgres)
    record("delivery suspended", cell, tally)
    assert tally.suspended >= count
    assert (tally.twice, tally.lost, tally.in_doubt) == (0, 0, 0)


@shares(max(1, KILLS // 100), COMMAND_CELLS)
def test_suspended_runs_send_nothing_twice_and_leave_nothing_in_doubt(
    cell: Cell, count: int, tmp_path: Path, postgres: Engine
) -> None:
    run = partial(suspend_commands, lease=LEASE)
    tally = tally_of(cell, count, run, tmp_path, postgres)
    record("regulars run suspended", cell, tally)
    assert tally.suspended >= count
    assert (tally.twice, tally.lost, tally.in_doubt) == (0, 0, 0)
