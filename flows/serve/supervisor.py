"""Prefect's server kept alive for as long as a shop is served: started anew when it ends or hangs.

In one thread, because the system ends a child together with the thread that started it
(man 2 prctl, PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from threading import Event, Thread

from flows.runtime.prefect_server import (
    STARTUP_TIMEOUT,
    ServerConfig,
    is_healthy,
    publish_address,
    start_server,
)

POLL_INTERVAL = 1.0  # seconds, whether it has ended
POLLS_PER_HEALTH_CHECK = 10  # looks, whether it still answers
MAX_FAILED_CHECKS = 3  # so often in a row, then it hangs
STOP_TIMEOUT = 2.0  # seconds; its records bear being cut off, and the mail is none of them
MAX_RESTART_DELAY = 60.0  # seconds between two starts


class PrefectSupervisor(Thread):
    """`is_available` tells whether work can be carried by Prefect at this moment."""

    def __init__(
        self, server_config: ServerConfig, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(name="prefect", daemon=True)
        self._server_config, self._clock = server_config, clock
        self._stop_event, self._up = Event(), Event()

    def run(self) -> None:
        if self._server_config.log is None:
            self._up.set()  # another's server: not ours to start
            return
        failed_starts = 0
        while not self._stop_event.is_set():
            with start_server(self._server_config, STOP_TIMEOUT) as process:
                came_up = self._run_until_restart(process)
            self._up.clear()
            failed_starts = 0 if came_up else failed_starts + 1
            self._stop_event.wait(min(2.0**failed_starts, MAX_RESTART_DELAY))

    def request_stop(self) -> None:
        self._stop_event.set()

    def is_available(self, timeout: float = 3) -> bool:
        return self._up.is_set() and is_healthy(self._server_config.address, timeout)

    def wait_until_available(self, stop: Event, timeout: float) -> bool:
        """For the first round: Prefect takes some seconds to come up."""
        deadline = self._clock() + timeout
        while not self._up.is_set() and not stop.is_set() and self._clock() < deadline:
            stop.wait(0.1)
        return self.is_available()

    def _run_until_restart(self, process: subprocess.Popen[bytes]) -> bool:
        """Until it has to be started anew, or is not wanted any more; whether it ever was up."""
        if not self._wait_for_startup(process):
            return False
        self._up.set()
        with publish_address(self._server_config):
            self._monitor(process)
        return True

    def _monitor(self, process: subprocess.Popen[bytes]) -> None:
        """With a server that is up; one that hangs is killed."""
        failed_checks = polls = 0
        while (
            process.poll() is None
            and failed_checks < MAX_FAILED_CHECKS
            and not self._stop_event.wait(POLL_INTERVAL)
        ):
            polls += 1
            if polls % POLLS_PER_HEALTH_CHECK == 0:
                failed_checks = 0 if is_healthy(self._server_config.address) else failed_checks + 1
        if failed_checks:
            process.kill()

    def _wait_for_startup(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = self._clock() + STARTUP_TIMEOUT
        while process.poll() is None and self._clock() < deadline:
            if self._stop_event.wait(0.2):
                return False
            if is_healthy(self._server_config.address):
                return True
        return False
