"""Suspends deliveries for longer than their lease, while another one takes their mails over.

Most suspended deliveries have a process namespace of their own, as in a container that is paused:
others cannot see whether they live. One in four can be seen, and keeps its mails.
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import cycle

from sandbox.chaos.crash_points import CHECK_STEPS, FILE_STEPS, JOURNAL_STEPS, CrashPoint
from sandbox.chaos.tally import Tally, count_outcomes
from sandbox.chaos.trial import (
    Trial,
    fill_queue,
    finish_deliveries,
    max_occurrence,
    opened_shop,
)
from sandbox.chaos.workers import Worker

MARGIN_SECONDS = 0.2


def run_suspensions(
    trial: Trial, suspensions: int, lease: timedelta = timedelta(seconds=2)
) -> Tally:
    """Suspend deliveries until `suspensions` are reached, finish the rest, and return the tally.

    All resumed deliveries know what they began: nothing may be in doubt.
    """
    steps: Counter[str] = Counter()
    planned = cycle(_steps(trial))
    while steps.total() < suspensions:
        fill_queue(trial)
        step = next(planned)
        if _suspend_one(trial, step, lease, is_hidden=steps.total() % 4 != 3):
            steps[step] += 1
    finish_deliveries(trial)
    with opened_shop(trial.config) as shop:
        tally = count_outcomes(shop, trial.cell, trial.config.parent, steps)
    return replace(tally, kills=0, suspended=steps.total(), may_be_in_doubt=0)


def _steps(trial: Trial) -> list[str]:
    own_steps = FILE_STEPS if trial.cell.through == "outbox" else JOURNAL_STEPS
    steps = ["after a commit", *CHECK_STEPS, *own_steps]
    trial.rng.shuffle(steps)
    return steps


def _suspend_one(trial: Trial, step: str, lease: timedelta, *, is_hidden: bool) -> bool:
    """Returns whether the delivery reached `step`, stood still and went on."""
    nth = 1 + trial.rng.randrange(max_occurrence(trial, step))
    crash_point = CrashPoint(step, nth, signal.SIGSTOP)
    first = Worker(trial.config, crash_point, lease=lease, own_namespace=is_hidden)
    first.begin()
    has_stopped = first.has_stopped()
    if has_stopped:
        time.sleep(lease.total_seconds() + MARGIN_SECONDS)
        second = Worker(trial.config, None)
        second.begin()
        second.wait()
        first.resume()
    first.wait()
    return has_stopped
