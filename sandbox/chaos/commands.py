"""Kills and suspends the real `regulars run`, with the Prefect server that it starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from sandbox.chaos.cells import LATER
from sandbox.chaos.mail_services import chaos_sender
from sandbox.chaos.suspensions import MARGIN_SECONDS
from sandbox.chaos.tally import Tally, count_accepted, count_outcomes
from sandbox.chaos.trial import Trial, fill_queue, finish_deliveries, max_occurrence, opened_shop
from sandbox.chaos.workers import can_hide_processes

TIMEOUT_SECONDS = 300.0
MAX_ATTEMPTS = 5  # for each kill: a run may end before it
RUN = ("-c", "from regulars.cli import main; main()", "run", "--at", LATER.isoformat())
OWN_NAMESPACE = ("unshare", "--pid", "--fork", "--mount-proc")
KILLED, SUSPENDED = "regulars run killed", "regulars run suspended"


def kill_commands(trial: Trial, kills: int) -> Tally:
    """Kill `kills` runs: at a stage of a mail, or after a number of files."""
    steps: Counter[str] = Counter()
    for _ in _attempts(steps, kills):
        fill_queue(trial)
        process = _start(trial)
        if stages := chaos_sender(trial.cell.through).stages:
            stage = trial.rng.choice(stages)
            after = trial.rng.randrange(max_occurrence(trial, stage))
            trial.service.kill(process.pid, stage, after)
        elif _wait_for_mails(trial, process):
            process.kill()
        steps[KILLED] += process.wait(TIMEOUT_SECONDS) == -signal.SIGKILL
    return _finish(trial, steps)


def suspend_commands(trial: Trial, suspensions: int, lease: timedelta) -> Tally:
    """Stop runs that others cannot see for longer than `lease`, while another one runs."""
    steps: Counter[str] = Counter()
    for _ in _attempts(steps, suspensions):
        fill_queue(trial)
        seconds = f"{lease.total_seconds():.0f}"
        hiding = OWN_NAMESPACE if can_hide_processes() else ()
        first = _start(trial, hiding, {"REGULARS_LEASE_SECONDS": seconds})
        if _wait_for_mails(trial, first):
            os.killpg(first.pid, signal.SIGSTOP)
            time.sleep(lease.total_seconds() + MARGIN_SECONDS)
            _start(trial).wait(TIMEOUT_SECONDS)
            os.killpg(first.pid, signal.SIGCONT)
            steps[SUSPENDED] += 1
        first.wait(TIMEOUT_SECONDS)
    tally = _finish(trial, steps)
    return replace(tally, kills=0, suspended=steps.total(), may_be_in_doubt=0)


def _attempts(steps: Counter[str], wanted: int) -> Iterator[int]:
    for attempt in range(wanted * MAX_ATTEMPTS):
        if steps.total() == wanted:
            return
        yield attempt


def _start(
    trial: Trial, before: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Run `regulars run` in a session of its own."""
    command = [*before, sys.executable, *RUN]
    with (trial.config.parent / "commands.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603  # our own command
            command, cwd=trial.config.parent, env={**os.environ, **(environ or {})},
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip


def _wait_for_mails(trial: Trial, process: subprocess.Popen[bytes]) -> bool:
    """Wait until some more mails have arrived; returns False if the process ended before."""
    folder = trial.config.parent
    enough = count_accepted(trial.cell, folder).total() + 1 + trial.rng.randrange(30)
    while count_accepted(trial.cell, folder).total() < enough:
        if process.poll() is not None:
            return False
        time.sleep(0.002)
    return process.poll() is None


def _finish(trial: Trial, steps: Counter[str]) -> Tally:
    finish_deliveries(trial)
    with opened_shop(trial.config) as shop:
        return count_outcomes(shop, trial.cell, trial.config.parent, steps)
