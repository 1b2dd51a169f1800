"""A thread that writes to the disk while its owner goes on; one write at a time."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock, Thread


class DiskThread:
    """Runs `work` once for each `begin`. Bare locks: a future costs as much as the write itself."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._thread: Thread | None = None
        self._begun, self._busy = Lock(), Lock()
        self._begun.acquire()
        self._is_closed = False
        self._error: OSError | None = None

    @property
    def is_busy(self) -> bool:
        return self._busy.locked()

    def begin(self) -> None:
        """Waits for the work before, and begins it once more."""
        if self._thread is None:
            self._thread = Thread(target=self._run, daemon=True)
            self._thread.start()
        self._busy.acquire()
        self._begun.release()

    def wait(self) -> None:
        """Returns when the work is done; raises the OSError that ended it."""
        with self._busy:
            error, self._error = self._error, None
        if error:
            raise error

    def close(self) -> None:
        if self._thread is not None:
            self._busy.acquire()
            self._is_closed = True
            self._begun.release()
            self._thread.join()

    def _run(self) -> None:
        while self._begun.acquire() and not self._is_closed:
            try:
                self._work()
            except OSError as error:
                self._error = error
            finally:
                self._busy.release()
