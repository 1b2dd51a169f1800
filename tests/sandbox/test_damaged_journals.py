"""A delivery is killed, its journal is damaged, and the next one counts at the mail server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from mail.senders.journal import JOURNAL_FOLDER
from sandbox.chaos.campaign import run_campaign
from sandbox.chaos.cells import Cell
from sandbox.chaos.crash_points import CrashPoint
from sandbox.chaos.tally import Tally, count_outcomes
from sandbox.chaos.trial import Trial, fill_queue, finish_deliveries, opened_shop
from sandbox.chaos.workers import Worker

SOAK = pytest.mark.soak
Damage = Callable[[bytes], bytes]
DAMAGES: dict[str, Damage] = {
    "cut to nothing": lambda _content: b"",
    "cut after the head": lambda content: content[: content.index(b"\n") + 1],
    "cut in half": lambda content: content[: len(content) // 2],
    "zeros after the first 60 bytes": lambda content: content[:60] + bytes(len(content) - 60),
}


def kill_and_damage(trial: Trial, kills: int, damage: Damage) -> Tally:
    fill_queue(trial)
    for _ in range(kills):
        worker = Worker(trial.config, CrashPoint("after a note", 60))
        worker.begin()
        assert worker.wait().killed
    [journal] = (trial.config.parent / JOURNAL_FOLDER).glob("*.journal")
    journal.write_bytes(damage(journal.read_bytes()))
    finish_deliveries(trial)
    with opened_shop(trial.config) as shop:
        return count_outcomes(shop, trial.cell, trial.config.parent, Counter(killed=kills))


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(damage, id=name, marks=[] if "half" in name or "head" in name else [SOAK])
        for name, damage in DAMAGES.items()
    ],
)
def test_after_a_damaged_journal_nothing_is_sent_twice(damage: Damage, tmp_path: Path) -> None:
    cell = Cell("sqlite", "smtp", 1)
    run = partial(kill_and_damage, damage=damage)
    [tally] = run_campaign(
        [cell], 1, seed=7, folder=tmp_path / "chaos", postgres=None, run=run
    ).values()
    assert (tally.twice, tally.lost) == (0, 0)
    assert tally.in_doubt > 20  # those before the kill are in doubt too
