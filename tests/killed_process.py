"""A child process that is killed with SIGKILL.

It is forked, so that it need not import the product again.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable

from shop.db.workers import current_worker

TIMEOUT_SECONDS = 60.0


def run_and_kill(work: Callable[[str], None], plan: Callable[[int], None]) -> str:
    """Run `work` in a child that `plan` kills by its process id; returns its lease owner."""
    fork = multiprocessing.get_context("fork")
    parent_end, child_end = fork.Pipe()

    def run_child() -> None:
        lease_owner = f"00c0ffee@{current_worker()}"
        child_end.send(lease_owner)
        child_end.recv()
        work(lease_owner)

    process = fork.Process(target=run_child)
    process.start()
    child_end.close()  # so that an early death is noticed
    lease_owner: str = parent_end.recv()
    plan(process.pid or 0)
    parent_end.send("begin")
    process.join(TIMEOUT_SECONDS)
    assert process.exitcode == -signal.SIGKILL
    return lease_owner
