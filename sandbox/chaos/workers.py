"""A delivery in a forked process that can be killed."""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.delivery.deliver import deliver
from engine.open.open_shop import open_shop
from engine.tick_context import context_of_last_tick
from sandbox.chaos.cells import LATER
from sandbox.chaos.crash_points import CrashPoint, install_crash_point
from settings.errors import UnavailableError
from shop.db.engine import read_transaction

TIMEOUT_SECONDS = 60.0  # a delivery that takes longer is a bug
UNAVAILABLE_STATUS = 3


@dataclass(frozen=True)
class WorkerExit:
    """How a worker ended."""

    killed: bool
    status: int


class Worker:
    """One delivery; it waits for `begin`, so that a kill can be armed first."""

    def __init__(self, config: Path, crash_point: CrashPoint | None) -> None:
        self._gate, begin = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            os.close(begin)
            _run_child(config, crash_point, self._gate)
        os.close(self._gate)
        self._begin = begin

    def begin(self) -> None:
        os.write(self._begin, b"!")
        os.close(self._begin)

    def kill(self) -> None:
        os.kill(self.process, signal.SIGKILL)

    def wait(self, until: Callable[[], bool] = lambda: False) -> WorkerExit:
        """Wait for the process and return its exit; kill it as soon as `until` returns true."""
        started = time.monotonic()
        while True:
            pid, status = os.waitpid(self.process, os.WNOHANG)
            if pid:
                return WorkerExit(os.WIFSIGNALED(status), os.waitstatus_to_exitcode(status))
            if until() or time.monotonic() - started > TIMEOUT_SECONDS:
                self.kill()
                until = lambda: False  # noqa: E731  # kill once
            time.sleep(0.001)


def _run_child(config: Path, crash_point: CrashPoint | None, gate: int) -> None:
    """Run the delivery in the child process; never returns."""
    status = 1
    try:
        os.read(gate, 1)
        shop = open_shop(config)
        install_crash_point(shop.engine, config.parent, crash_point)
        with read_transaction(shop.engine) as connection:
            context = context_of_last_tick(connection, LATER)
        deliver(shop, context)
        status = 0
    except UnavailableError as error:
        _append_error(config, str(error))
        status = UNAVAILABLE_STATUS
    except BaseException:  # noqa: BLE001  # the parent's code must not run in this process
        _append_error(config, traceback.format_exc())
    finally:
        os._exit(status)


def _append_error(config: Path, text: str) -> None:
    with (config.parent / "trouble.log").open("a") as log:
        log.write(f"{text}\n")
