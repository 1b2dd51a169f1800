"""Limits how often the same line of a library is logged: strangers can cause some of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Lock

INTERVAL = 300.0  # seconds
Place = tuple[str, int, str, int, type | None]


class RepeatLimit(logging.Filter):
    """A filter of a handler: one record of each place in a library's code, and of each type of
    exception, per `interval` seconds.

    The next one that passes has the attribute `withheld`, the number of those in between. A record
    of a logger in `unlimited`, or below one, always passes.
    """

    def __init__(
        self,
        unlimited: tuple[str, ...],
        interval: float = INTERVAL,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._unlimited, self._interval, self._clock = frozenset(unlimited), interval, clock
        self._passed_at: dict[Place, float] = {}
        self._withheld: dict[Place, int] = {}
        self._lock = Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Returns whether `record` passes; called from any thread."""
        if record.name.partition(".")[0] in self._unlimited:
            return True
        error_type = record.exc_info[0] if record.exc_info else None
        place = (record.name, record.levelno, record.pathname, record.lineno, error_type)
        with self._lock:
            now = self._clock()
            if now - self._passed_at.get(place, -self._interval) < self._interval:
                self._withheld[place] = self._withheld.get(place, 0) + 1
                return False
            self._passed_at[place] = now
            record.withheld = self._withheld.pop(place, 0)
        return True
