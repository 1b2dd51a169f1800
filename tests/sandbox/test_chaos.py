"""About thirty killed deliveries; `make soak` kills sixty more, and runs too."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine

import mail.senders.journal
from mail.senders.protocol import RecallResult
from sandbox.chaos.campaign import run_campaign
from sandbox.chaos.cells import Cell, all_cells
from sandbox.chaos.mail_services import chaos_sender_names
from sandbox.chaos.suspensions import run_suspensions
from sandbox.chaos.tally import Tally, add_up

ALL_CELLS = all_cells(["sqlite", "postgresql"], chaos_sender_names(), [1, 2])
KILLS = 24  # over all cells


def run_cell(cell: Cell, kills: int, folder: Path, postgres: str | None = None) -> Tally:
    tallies = run_campaign([cell], kills, seed=7, folder=folder, postgres=postgres)
    return tallies[cell]


@pytest.mark.parametrize("cell", ALL_CELLS, ids=str)
def test_what_is_killed_sends_nothing_twice_and_loses_nothing(
    cell: Cell, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    address = None
    if cell.database == "postgresql":
        server: Engine = request.getfixturevalue("postgres")
        address = server.url.render_as_string(hide_password=False)
    tally = run_cell(cell, KILLS // len(ALL_CELLS) + 1, tmp_path / "chaos", address)
    assert (tally.twice, tally.lost) == (0, 0)
    assert tally.in_doubt <= tally.may_be_in_doubt
    assert tally.kills >= KILLS // len(ALL_CELLS)
    assert tally.sent > 0


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_stands_still_beyond_its_lease_sends_nothing_twice_and_loses_nothing(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    address = None
    if database == "postgresql":
        server: Engine = request.getfixturevalue("postgres")
        address = server.url.render_as_string(hide_password=False)
    cell = Cell(database, "smtp", 1)
    suspend = partial(run_suspensions, lease=timedelta(seconds=0.5))
    tallies = run_campaign(
        [cell], 1, seed=7, folder=tmp_path / "chaos", postgres=address, run=suspend
    )
    tally = tallies[cell]
    assert (tally.twice, tally.lost, tally.in_doubt, tally.suspended) == (0, 0, 0, 1)
    assert tally.sent > 0


def recall_none(folder: Path, cut_off: Mapping[str, str]) -> RecallResult:
    return RecallResult()


def recall_all(folder: Path, cut_off: Mapping[str, str]) -> RecallResult:
    return RecallResult(accepted=frozenset(cut_off))


def test_a_sender_that_forgets_is_found_to_send_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail.senders.journal, "recall_messages", recall_none)
    tally = run_cell(Cell("sqlite", "smtp", 1), 14, tmp_path / "chaos")
    assert tally.twice > 0
    assert not tally.holds


def test_a_sender_that_claims_every_mail_is_found_to_lose_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail.senders.journal, "recall_messages", recall_all)
    tally = run_cell(Cell("sqlite", "smtp", 1), 14, tmp_path / "chaos")
    assert tally.lost > 0
    assert not tally.holds


def test_the_cells_are_added_up() -> None:
    total = add_up([Tally(kills=2, sent=5, in_doubt=1), Tally(kills=1, twice=1)])
    assert (total.kills, total.sent, total.twice, total.in_doubt) == (3, 5, 1, 1)
