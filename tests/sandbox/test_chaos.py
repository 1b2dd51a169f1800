"""Killed deliveries: a hundred here, as many as you like with `regulars chaos`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import Engine

import mail.senders.journal
from mail.senders.protocol import RecallResult
from sandbox.chaos.campaign import campaign
from sandbox.chaos.cells import SENDERS, Cell, cells
from sandbox.chaos.tally import Tally, together

ALL = cells(["sqlite", "postgresql"], list(SENDERS), [1, 2])
KILLS = 102  # over all cells


def killed(cell: Cell, kills: int, folder: Path, postgres: str | None = None) -> Tally:
    found = campaign([cell], kills, seed=7, folder=folder, postgres=postgres, progress=lambda: None)
    return found[cell]


@pytest.mark.parametrize("cell", ALL, ids=str)
def test_what_is_killed_sends_nothing_twice_and_loses_nothing(
    cell: Cell, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    address = None
    if cell.database == "postgresql":
        server: Engine = request.getfixturevalue("postgres")
        address = server.url.render_as_string(hide_password=False)
    tally = killed(cell, KILLS // len(ALL) + 1, tmp_path / "chaos", address)
    assert (tally.twice, tally.lost) == (0, 0)
    assert tally.in_doubt <= tally.may_be_in_doubt
    assert tally.kills >= KILLS // len(ALL)
    assert tally.sent > 0


def knows_nothing(folder: Path, cut_off: Mapping[str, str]) -> RecallResult:
    return RecallResult()


def claims_all(folder: Path, cut_off: Mapping[str, str]) -> RecallResult:
    return RecallResult(accepted=frozenset(cut_off))


def test_a_sender_that_forgets_is_found_to_send_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail.senders.journal, "recall_messages", knows_nothing)
    tally = killed(Cell("sqlite", "smtp", 1), 14, tmp_path / "chaos")
    assert tally.twice > 0
    assert not tally.holds


def test_a_sender_that_boasts_is_found_to_lose_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail.senders.journal, "recall_messages", claims_all)
    tally = killed(Cell("sqlite", "smtp", 1), 14, tmp_path / "chaos")
    assert tally.lost > 0
    assert not tally.holds


def test_the_cells_are_added_up() -> None:
    whole = together([Tally(kills=2, sent=5, in_doubt=1), Tally(kills=1, twice=1)])
    assert (whole.kills, whole.sent, whole.twice, whole.in_doubt) == (3, 5, 1, 1)
