"""A process of a test's own that is killed for good.

It is forked, so that it need not import anew what the test has already.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable

from shop.db.workers import current_worker

LONGEST = 60.0


def killed(work: Callable[[str], None], plan: Callable[[int], None]) -> str:
    """Who it was that worked, and was killed as the plan for its process says."""
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe()

    def live() -> None:
        holder = f"00c0ffee@{current_worker()}"
        theirs.send(holder)
        theirs.recv()
        work(holder)

    process = fork.Process(target=live)
    process.start()
    theirs.close()  # so that a death before its time is heard
    holder: str = ours.recv()
    plan(process.pid or 0)
    ours.send("begin")
    process.join(LONGEST)
    assert process.exitcode == -signal.SIGKILL
    return holder
