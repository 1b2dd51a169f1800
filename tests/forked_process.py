"""A child process that does some work; forked, so that it need not import the product again."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager

TIMEOUT_SECONDS = 60.0


@contextmanager
def forked_process(work: Callable[[], None]) -> Iterator[multiprocessing.context.ForkProcess]:
    """Runs `work` in a child beside the block; fails where it raised or did not end.

    The child opens its own connections: those of the parent must not be used in it.
    """
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    try:
        yield process
        process.join(TIMEOUT_SECONDS)
        assert process.exitcode == 0
    finally:
        process.kill()
