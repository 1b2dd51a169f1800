"""One cell: kill its deliveries so many times, let the last one end, and count."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from engine.open.open_shop import OpenShop, open_shop
from sandbox.chaos.cells import PER_REQUEST, Cell, left, stock_up
from sandbox.chaos.crash_points import COMMITS, FILES, NOTES, Death
from sandbox.chaos.mail_services import MOMENTS, Service
from sandbox.chaos.tally import Tally, tally
from sandbox.chaos.workers import Worker

ENOUGH = 240  # mails in the queue, so that every planned death comes and both workers have some
AT_RANDOM = "at random"
LONGEST_LIFE = 0.4  # seconds of a worker that is killed at random
LAST_RUNS = 10
Progress = Callable[[], None]


class StuckMailsError(Exception):
    """Mails that no delivery brings to an end: a finding, not a figure."""


@dataclass
class Trial:
    """A cell under way."""

    cell: Cell
    config: Path
    service: Service
    chance: random.Random
    batches: int = 0


def run(trial: Trial, kills: int, progress: Progress) -> Tally:
    """Kill, go on, kill, go on; then count."""
    steps: Counter[str] = Counter()
    wanted = cycle(_steps(trial))
    while steps.total() < kills:
        _stock_up(trial)
        for step in _one_round(trial, next(wanted)):
            steps[step] += 1
            progress()
    _let_end(trial)
    with _opened(trial.config) as shop:
        return tally(shop, trial.cell, trial.config.parent, steps)


def _steps(trial: Trial) -> list[str]:
    """Every step that this cell knows, and as often just at some moment."""
    named = [*COMMITS, *MOMENTS[trial.cell.through]]
    named += FILES if trial.cell.through == "outbox" else NOTES
    trial.chance.shuffle(named)
    return [step for one in named for step in (one, AT_RANDOM)]


def _one_round(trial: Trial, step: str) -> list[str]:
    """All workers at once; the steps at which some of them were killed."""
    death = _death(trial, step)
    workers = [
        Worker(trial.config, death if number == 0 else None) for number in range(trial.cell.workers)
    ]
    if step in MOMENTS[trial.cell.through]:
        trial.service.kill(workers[0].process, step, trial.chance.randrange(_often(step)))
    for worker in workers:
        worker.begin()
    ended = [
        worker.wait(_at_random(trial) if _by_chance(trial, step, number) else _never)
        for number, worker in enumerate(workers)
    ]
    return [step if number == 0 else AT_RANDOM for number, one in enumerate(ended) if one.killed]


def _death(trial: Trial, step: str) -> Death | None:
    if step not in (*COMMITS, *NOTES, *FILES):
        return None
    return Death(step, 1 + trial.chance.randrange(_often(step)))


def _often(step: str) -> int:
    """So that it is come to before the queue is empty, and not always at the first mail."""
    if step in COMMITS:
        return 4
    return ENOUGH // PER_REQUEST // 2 if step in MOMENTS["sendgrid"] else 30


def _by_chance(trial: Trial, step: str, number: int) -> bool:
    return step == AT_RANDOM if number == 0 else trial.chance.random() < 0.5


def _at_random(trial: Trial) -> Callable[[], bool]:
    end = time.monotonic() + trial.chance.uniform(0, LONGEST_LIFE)
    return lambda: time.monotonic() >= end


def _never() -> bool:
    return False


def _stock_up(trial: Trial) -> None:
    with _opened(trial.config) as shop:
        while left(shop) < ENOUGH:
            stock_up(shop, trial.batches)
            trial.batches += 1


def _let_end(trial: Trial) -> None:
    """Nobody is killed any more: what is left goes, and the dead are taken over."""
    for _ in range(LAST_RUNS):
        last = Worker(trial.config, None)
        last.begin()
        status = last.wait().status
        with _opened(trial.config) as shop:
            if status == 0 and not left(shop):
                return
    raise StuckMailsError(
        f"{trial.cell}: mails are left that no delivery sends. See {trial.config.parent}."
    )


@contextmanager
def _opened(config: Path) -> Iterator[OpenShop]:
    """Closed again before anything is forked: SQLite does not outlive a fork."""
    shop = open_shop(config)
    try:
        yield shop
    finally:
        shop.engine.dispose()
