"""Prefect's server kept alive for as long as a shop is served: started anew when it ends or hangs.

In one thread, because the system ends a child together with the thread that started it
(man 2 prctl, PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from threading import Event, Thread

from flows.runtime.prefect_server import PATIENCE, Place, healthy, shared, started

LOOK_EVERY = 1.0  # seconds, whether it has ended
ASK_EVERY = 10  # looks, whether it still answers
SILENCES = 3  # so often in a row, then it hangs
STOPS_WITHIN = 2.0  # seconds; its records bear being cut off, and the mail is none of them
LONGEST_PAUSE = 60.0  # seconds between two starts


class Keeper(Thread):
    """`answers` tells whether work can be carried by Prefect at this moment."""

    def __init__(self, place: Place, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(name="prefect", daemon=True)
        self._place, self._clock = place, clock
        self._ended, self._up = Event(), Event()

    def run(self) -> None:
        if self._place.log is None:
            self._up.set()  # another's server: not ours to start
            return
        starts = 0
        while not self._ended.is_set():
            with started(self._place, STOPS_WITHIN) as process:
                was_up = self._watch(process)
            self._up.clear()
            starts = 0 if was_up else starts + 1
            self._ended.wait(min(2.0**starts, LONGEST_PAUSE))

    def end(self) -> None:
        self._ended.set()

    def answers(self, within: float = 3) -> bool:
        return self._up.is_set() and healthy(self._place.address, within)

    def wait_until_it_answers(self, stop: Event, within: float) -> bool:
        """For the first round: Prefect takes some seconds to come up."""
        deadline = self._clock() + within
        while not self._up.is_set() and not stop.is_set() and self._clock() < deadline:
            stop.wait(0.1)
        return self.answers()

    def _watch(self, process: subprocess.Popen[bytes]) -> bool:
        """Until it has to be started anew, or is not wanted any more; whether it ever was up."""
        if not self._came_up(process):
            return False
        self._up.set()
        with shared(self._place):
            self._stay(process)
        return True

    def _stay(self, process: subprocess.Popen[bytes]) -> None:
        """With a server that is up; one that hangs is killed."""
        silent = looks = 0
        while process.poll() is None and silent < SILENCES and not self._ended.wait(LOOK_EVERY):
            looks += 1
            if looks % ASK_EVERY == 0:
                silent = 0 if healthy(self._place.address) else silent + 1
        if silent:
            process.kill()

    def _came_up(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = self._clock() + PATIENCE
        while process.poll() is None and self._clock() < deadline:
            if self._ended.wait(0.2):
                return False
            if healthy(self._place.address):
                return True
        return False
