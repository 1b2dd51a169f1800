"""Keeps Prefect's server running while a shop is served: restarts it when it ends or hangs.

All in one thread, because Linux kills a child together with the thread that started it
(man 2 prctl, PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from threading import Event, Thread

from flows.runtime.prefect_server import (
    STARTUP_CHECK_TIMEOUT,
    STARTUP_TIMEOUT,
    ServerConfig,
    is_healthy,
    publish_address,
    start_server,
)

POLL_INTERVAL = 1.0  # seconds
POLLS_PER_HEALTH_CHECK = 10
MAX_FAILED_CHECKS = 3  # consecutive ones, then the server is killed
STOP_TIMEOUT = 2.0  # seconds; Prefect's records survive a kill
MAX_RESTART_DELAY = 60.0  # seconds


class PrefectSupervisor(Thread):
    """Runs the server of `server_config`, unless another process does; restarts it with backoff."""

    def __init__(
        self, server_config: ServerConfig, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(name="prefect", daemon=True)
        self._server_config, self._clock = server_config, clock
        self._stop_event, self._up = Event(), Event()

    def run(self) -> None:
        """Start and restart the server until a stop is requested."""
        if self._server_config.log_file is None:
            self._up.set()  # another process runs it
            return
        failed_starts = 0
        while not self._stop_event.is_set():
            with start_server(self._server_config, STOP_TIMEOUT) as process:
                came_up = self._run_until_restart(process)
            self._up.clear()
            failed_starts = 0 if came_up else failed_starts + 1
            self._stop_event.wait(min(2.0**failed_starts, MAX_RESTART_DELAY))

    def request_stop(self) -> None:
        """Make `run` stop the server and return."""
        self._stop_event.set()

    def is_available(self, timeout: float = 3) -> bool:
        """Returns whether the server responds within `timeout` seconds."""
        return self._up.is_set() and is_healthy(self._server_config.address, timeout)

    def wait_until_available(self, stop: Event, timeout: float) -> bool:
        """Wait up to `timeout` seconds or until `stop`; returns whether the server responds."""
        deadline = self._clock() + timeout
        while not self._up.is_set() and not stop.is_set() and self._clock() < deadline:
            stop.wait(0.1)
        return self.is_available()

    def _run_until_restart(self, process: subprocess.Popen[bytes]) -> bool:
        """Returns when the server has ended or must; returns whether it was ever available."""
        if not self._wait_for_startup(process):
            return False
        self._up.set()
        with publish_address(self._server_config):
            self._monitor(process)
        return True

    def _monitor(self, process: subprocess.Popen[bytes]) -> None:
        """Watch a running server; kill it after MAX_FAILED_CHECKS."""
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
            if is_healthy(self._server_config.address, STARTUP_CHECK_TIMEOUT):
                return True
        return False
