"""`regulars serve` killed over and over while mail goes out, and started again at once."""

from __future__ import annotations

import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from sandbox.smtp.server import Counting, Kill, Moment, sink
from tests.flows.processes import ROOT, environment, free_port
from tests.flows.unhappy_customers import Shop, laid_live, nothing_twice_nothing_lost

MARK = "SERVED_BY_THIS_TEST"
PACE = "0.5"  # seconds
EARLY, UP, MAILING = 16, 1, 3  # killed before Prefect is up, just then, and with a mail at hand
BURST = 25  # unhappy customers at once
PATIENCE = 90.0  # seconds
LOOK_EVERY = 0.2  # seconds; to look for its children is to look at all processes there are
MOMENTS = [one for one in Moment if one is not Moment.CONNECTED]


class Generation:
    """One process of `serve`; what it and its children say and hold."""

    def __init__(self, shop: Shop, port: int) -> None:
        self._log = shop.folder / "served.log"
        self._before = self._log.stat().st_size if self._log.exists() else 0
        self.ports: set[int] = {port}
        run = [sys.executable, "-m", "tests.flows.served_shop", str(shop.folder), PACE, str(port)]
        with self._log.open("ab") as said:
            marked = {**environment(), MARK: str(shop.folder)}
            self.process = subprocess.Popen(run, cwd=ROOT, env=marked, stderr=said)

    def lives(self, seconds: float) -> None:
        """It never ends by itself: who found the lock of the one before would."""
        time.sleep(seconds)
        self._note_ports()
        assert self.process.poll() is None, self.said()

    def until(self, happened: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < deadline, self.said()
            self.lives(LOOK_EVERY)

    def until_killed(self) -> None:
        """By the mail server, in the middle of a mail."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.said()
            self._note_ports()
            time.sleep(LOOK_EVERY)
        assert self.process.returncode == -signal.SIGKILL, self.said()

    def said(self) -> str:
        return self._log.read_bytes()[self._before :].decode()

    def has_read(self) -> bool:
        """Which it does not before Prefect is up."""
        return '"survey"' in self.said()

    def _note_ports(self) -> None:
        with suppress(psutil.Error):
            for child in psutil.Process(self.process.pid).children(recursive=True):
                self.ports |= {int(one) for one in child.cmdline()[-1:] if one.isdigit()}


@contextmanager
def serving(shop: Shop, port: int) -> Iterator[Generation]:
    """At the end it is killed, itself alone, by the signal that no program can catch."""
    one = Generation(shop, port)
    try:
        yield one
    finally:
        one.process.kill()
        one.process.wait()


def test_killed_twenty_times_it_leaves_no_process_no_lock_and_no_mail_twice(tmp_path: Path) -> None:
    chance = random.Random(20)  # noqa: S311  # to be repeated, not to be secret
    server, port, ports = Counting(tmp_path / "arrived"), free_port(), set[int]()
    ends = ["early"] * EARLY + ["up"] * UP + ["mailing"] * MAILING
    chance.shuffle(ends)
    with sink(server) as smtp:
        shop = laid_live(tmp_path, smtp)
        for end in ends:
            shop.complain(BURST if end == "mailing" else 2)
            with serving(shop, port) as one:
                if end == "mailing":
                    nth = chance.randint(1, BURST)
                    server.arm(Kill(one.process.pid, chance.choice(MOMENTS), nth))
                    one.until_killed()
                elif end == "up":
                    one.until(one.has_read)
                    one.lives(chance.uniform(0, 1))
                else:
                    one.lives(chance.uniform(0.2, 1.2))
            ports |= one.ports
        with serving(shop, port) as last:
            last.until(shop.has_answered)
            assert set(of_the_test(tmp_path)) == {last.process.pid, *children(last)}
            last.process.terminate()
            assert last.process.wait(15) == 0
    nothing_twice_nothing_lost(shop, server, kills=MAILING)
    assert not of_the_test(tmp_path)
    assert not shop.locks()
    assert len(ports) > MAILING
    assert all(map(is_free, ports | last.ports))


def children(one: Generation) -> list[int]:
    found = [child.pid for child in psutil.Process(one.process.pid).children(recursive=True)]
    assert len(found) == 1, "Prefect's server, and nothing else"
    return found


def of_the_test(folder: Path) -> list[int]:
    """Whatever any generation has started, and whatever that started, however long ago."""
    found = []
    for one in psutil.process_iter():
        with suppress(psutil.Error):
            if one.environ().get(MARK) == str(folder):
                found.append(one.pid)
    return found


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False
