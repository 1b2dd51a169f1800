"""The trial of one cell: kill its deliveries, let the last one finish, count."""

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
from sandbox.chaos.cells import Cell, count_pending, queue_mails
from sandbox.chaos.crash_points import (
    CHECK_STEPS,
    COMMIT_STEPS,
    FILE_STEPS,
    JOURNAL_STEPS,
    CrashPoint,
)
from sandbox.chaos.mail_services import MailService, chaos_sender
from sandbox.chaos.tally import Tally, count_outcomes
from sandbox.chaos.workers import Worker

QUEUE_SIZE = 240  # enough for every planned crash point, and for both workers
RANDOM_STEP = "at random"
MAX_LIFETIME_SECONDS = 0.4  # of a worker that is killed at a random time
MAX_FINAL_RUNS = 10
Progress = Callable[[], None]


class StuckMailsError(Exception):
    """Raised when mails stay unsent although deliveries run: a bug, not a count."""


@dataclass
class Trial:
    """The state of one cell's trial."""

    cell: Cell
    config: Path
    service: MailService
    rng: random.Random
    batches: int = 0


def run_trial(trial: Trial, kills: int, progress: Progress = lambda: None) -> Tally:
    """Kill deliveries until `kills` are reached, finish the rest, and return the tally."""
    steps: Counter[str] = Counter()
    planned = cycle(_planned_steps(trial))
    while steps.total() < kills:
        fill_queue(trial)
        for step in _run_round(trial, next(planned)):
            steps[step] += 1
            progress()
    finish_deliveries(trial)
    with opened_shop(trial.config) as shop:
        return count_outcomes(shop, trial.cell, trial.config.parent, steps)


def _planned_steps(trial: Trial) -> list[str]:
    """Return each step of the cell, alternating with random times."""
    steps = [*COMMIT_STEPS, *chaos_sender(trial.cell.through).stages]
    steps += FILE_STEPS if trial.cell.through == "outbox" else JOURNAL_STEPS
    trial.rng.shuffle(steps)
    return [step for named_step in steps for step in (named_step, RANDOM_STEP)]


def _run_round(trial: Trial, step: str) -> list[str]:
    """Run all workers at once; returns the steps at which workers were killed."""
    crash_point = _crash_point(trial, step)
    workers = [
        Worker(trial.config, crash_point if number == 0 else None)
        for number in range(trial.cell.workers)
    ]
    if step in chaos_sender(trial.cell.through).stages:
        after = trial.rng.randrange(max_occurrence(trial, step))
        trial.service.kill(workers[0].process, step, after)
    for worker in workers:
        worker.begin()
    exits = [
        worker.wait(
            _random_deadline(trial) if _is_killed_at_random(trial, step, number) else _never
        )
        for number, worker in enumerate(workers)
    ]
    return [
        step if number == 0 else RANDOM_STEP
        for number, worker_exit in enumerate(exits)
        if worker_exit.killed
    ]


def _crash_point(trial: Trial, step: str) -> CrashPoint | None:
    if step not in (*COMMIT_STEPS, *JOURNAL_STEPS, *FILE_STEPS):
        return None
    return CrashPoint(step, 1 + trial.rng.randrange(max_occurrence(trial, step)))


def max_occurrence(trial: Trial, step: str) -> int:
    """Return the largest `nth` for `step` that is reached before the queue is empty."""
    if step in COMMIT_STEPS:
        return 4
    sender = chaos_sender(trial.cell.through)
    if step in (*sender.stages, *CHECK_STEPS) and sender.mails_per_request > 1:
        return QUEUE_SIZE // sender.mails_per_request // 2
    return 30


def _is_killed_at_random(trial: Trial, step: str, number: int) -> bool:
    return step == RANDOM_STEP if number == 0 else trial.rng.random() < 0.5


def _random_deadline(trial: Trial) -> Callable[[], bool]:
    end = time.monotonic() + trial.rng.uniform(0, MAX_LIFETIME_SECONDS)
    return lambda: time.monotonic() >= end


def _never() -> bool:
    return False


def fill_queue(trial: Trial) -> None:
    """Queue mails until every planned step can be reached."""
    with opened_shop(trial.config) as shop:
        while count_pending(shop) < QUEUE_SIZE:
            queue_mails(shop, trial.batches)
            trial.batches += 1


def finish_deliveries(trial: Trial) -> None:
    """Deliver the rest without kills; leases of dead workers are reclaimed."""
    for _ in range(MAX_FINAL_RUNS):
        worker = Worker(trial.config, None)
        worker.begin()
        status = worker.wait().status
        with opened_shop(trial.config) as shop:
            if status == 0 and not count_pending(shop):
                return
    raise StuckMailsError(
        f"{trial.cell}: mails are left that no delivery sends. See {trial.config.parent}."
    )


@contextmanager
def opened_shop(config: Path) -> Iterator[OpenShop]:
    """Open the shop and close it before a fork: SQLite connections do not survive one."""
    shop = open_shop(config)
    try:
        yield shop
    finally:
        shop.engine.dispose()
