"""A delivery in a process of its own, forked so that it starts in a moment, and killed for good."""

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

TIMEOUT_SECONDS = 60.0  # seconds after which a delivery that neither ends nor dies is a finding
UNAVAILABLE_STATUS = 3


@dataclass(frozen=True)
class WorkerExit:
    """How a worker came to its end."""

    killed: bool
    status: int


class Worker:
    """One delivery; it begins when it is told to, so that what is to kill it is ready."""

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
        """Its end; the moment `until` holds, it is killed."""
        started = time.monotonic()
        while True:
            pid, status = os.waitpid(self.process, os.WNOHANG)
            if pid:
                return WorkerExit(os.WIFSIGNALED(status), os.waitstatus_to_exitcode(status))
            if until() or time.monotonic() - started > TIMEOUT_SECONDS:
                self.kill()
                until = lambda: False  # noqa: E731  # once is enough
            time.sleep(0.001)


def _run_child(config: Path, crash_point: CrashPoint | None, gate: int) -> None:
    """The child's whole life; it never returns to the code it was forked from."""
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
    except BaseException:  # noqa: BLE001  # whatever it is, the parent must not go on in this process
        _append_error(config, traceback.format_exc())
    finally:
        os._exit(status)


def _append_error(config: Path, text: str) -> None:
    with (config.parent / "trouble.log").open("a") as log:
        log.write(f"{text}\n")
