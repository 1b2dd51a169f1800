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
from sandbox.chaos.crash_points import Death, prepare
from settings.errors import UnavailableError
from shop.db.engine import read_transaction

LONGEST = 60.0  # seconds after which a delivery that neither ends nor dies is a finding
OUT_OF_REACH = 3


@dataclass(frozen=True)
class Ended:
    """How a worker came to its end."""

    killed: bool
    status: int


class Worker:
    """One delivery; it begins when it is told to, so that what is to kill it is ready."""

    def __init__(self, config: Path, death: Death | None) -> None:
        self._gate, begin = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            os.close(begin)
            _live(config, death, self._gate)
        os.close(self._gate)
        self._begin = begin

    def begin(self) -> None:
        os.write(self._begin, b"!")
        os.close(self._begin)

    def kill(self) -> None:
        os.kill(self.process, signal.SIGKILL)

    def wait(self, until: Callable[[], bool] = lambda: False) -> Ended:
        """Its end; the moment `until` holds, it is killed."""
        started = time.monotonic()
        while True:
            found, status = os.waitpid(self.process, os.WNOHANG)
            if found:
                return Ended(os.WIFSIGNALED(status), os.waitstatus_to_exitcode(status))
            if until() or time.monotonic() - started > LONGEST:
                self.kill()
                until = lambda: False  # noqa: E731  # once is enough
            time.sleep(0.001)


def _live(config: Path, death: Death | None, gate: int) -> None:
    """The child's whole life; it never returns to the code it was forked from."""
    status = 1
    try:
        os.read(gate, 1)
        shop = open_shop(config)
        prepare(shop.engine, config.parent, death)
        with read_transaction(shop.engine) as connection:
            turn = context_of_last_tick(connection, LATER)
        deliver(shop, turn)
        status = 0
    except UnavailableError as trouble:
        _note(config, str(trouble))
        status = OUT_OF_REACH
    except BaseException:  # noqa: BLE001  # whatever it is, the parent must not go on in this process
        _note(config, traceback.format_exc())
    finally:
        os._exit(status)


def _note(config: Path, text: str) -> None:
    with (config.parent / "trouble.log").open("a") as log:
        log.write(f"{text}\n")
