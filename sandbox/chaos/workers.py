"""A delivery in a forked process that can be killed, or suspended in a container of its own."""

from __future__ import annotations

import ctypes
import os
import signal
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import psutil

from engine.delivery.deliver import deliver
from engine.open.open_shop import open_shop
from engine.tick_context import context_of_last_tick
from sandbox.chaos.cells import LATER
from sandbox.chaos.crash_points import CrashPoint, install_crash_point
from settings.errors import UnavailableError
from shop.db.engine import read_transaction
from shop.db.workers import LEASE_DURATION

TIMEOUT_SECONDS = 60.0  # a delivery that takes longer is a bug
UNAVAILABLE_STATUS = 3
CLONE_NEWPID = 0x20000000  # man 2 unshare


@dataclass(frozen=True)
class WorkerExit:
    """How a worker ended."""

    killed: bool
    status: int


class Worker:
    """One delivery; it waits for `begin`, so that a kill can be armed first.

    `lease` is that of its process. `own_namespace` hides its process from others, as in a
    container, where this is permitted.
    """

    def __init__(
        self,
        config: Path,
        crash_point: CrashPoint | None,
        *,
        lease: timedelta = LEASE_DURATION,
        own_namespace: bool = False,
    ) -> None:
        self._gate, begin = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            os.close(begin)
            os.setsid()
            if own_namespace and can_hide_processes():
                _enter_process_namespace()
            _run_child(config, crash_point, self._gate, lease)
        os.close(self._gate)
        self._begin = begin

    def begin(self) -> None:
        os.write(self._begin, b"!")
        os.close(self._begin)

    def kill(self) -> None:
        os.kill(self.process, signal.SIGKILL)

    def has_stopped(self) -> bool:
        """Wait until the process has stopped itself, or has ended; returns whether it stopped."""
        process = psutil.Process(self.process)
        while process.status() != psutil.STATUS_ZOMBIE:
            with suppress(psutil.NoSuchProcess):
                family = [process, *process.children(recursive=True)]
                if any(member.status() == psutil.STATUS_STOPPED for member in family):
                    return True
            time.sleep(0.005)
        return False

    def resume(self) -> None:
        """Let a process that has stopped itself go on."""
        os.killpg(self.process, signal.SIGCONT)

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


@cache
def can_hide_processes() -> bool:
    """Whether processes may be given a namespace of their own: mostly only by root."""
    process = os.fork()
    if process == 0:
        os._exit(1 if _unshare() else 0)
    return os.waitpid(process, 0)[1] == 0


def _unshare() -> int:
    unshare = getattr(ctypes.CDLL(None), "unshare", None)  # Linux only
    return int(unshare(CLONE_NEWPID)) if unshare else 1


def _enter_process_namespace() -> None:
    """Go on in a process that others do not see.

    The first process of a namespace cannot be stopped: it only waits for the second one.
    """
    _unshare()
    for _ in range(2):
        child = os.fork()
        if child:
            _, status = os.waitpid(child, 0)
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _run_child(config: Path, crash_point: CrashPoint | None, gate: int, lease: timedelta) -> None:
    """Run the delivery in the child process; never returns."""
    status = 1
    try:
        os.read(gate, 1)
        shop = replace(open_shop(config), lease=lease)
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
