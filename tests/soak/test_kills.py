"""Deliveries killed at random and at named steps: fifty times in each cell, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from sandbox.chaos.campaign import run_campaign
from sandbox.chaos.cells import Cell, all_cells
from sandbox.chaos.mail_services import chaos_sender_names

pytestmark = pytest.mark.soak

KILLS_PER_CELL = 50
CELLS = all_cells(["sqlite", "postgresql"], chaos_sender_names(), [1, 2])


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_fifty_kills_send_nothing_twice_and_lose_nothing(
    cell: Cell, tmp_path: Path, postgres: Engine
) -> None:
    tallies = run_campaign(
        [cell],
        KILLS_PER_CELL,
        seed=11,
        folder=tmp_path / "chaos",
        postgres=postgres.url.render_as_string(hide_password=False),
    )
    tally = tallies[cell]
    assert tally.kills >= KILLS_PER_CELL
    assert (tally.twice, tally.lost) == (0, 0)
    assert tally.in_doubt <= tally.may_be_in_doubt
