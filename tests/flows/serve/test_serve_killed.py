"""`regulars serve` is killed repeatedly while mail goes out, and started again at once."""

from __future__ import annotations

import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from sandbox.smtp.server import Kill, ServerState, SmtpStage, sink
from tests.flows.processes import ROOT, environment, free_port
from tests.flows.unhappy_customers import Shop, assert_each_sent_once, write_live_shop

MARKER_VARIABLE = "SERVED_BY_THIS_TEST"
PACE = "0.5"  # seconds


@dataclass(frozen=True)
class Kills:
    """How often to kill before Prefect is available, just then, and while sending."""

    early: int
    up: int
    mailing: int

    def in_random_order(self, random_source: random.Random) -> list[str]:
        endings = ["early"] * self.early + ["up"] * self.up + ["mailing"] * self.mailing
        random_source.shuffle(endings)
        return endings


BURST = 25  # unhappy customers at once
TIMEOUT = 90.0  # seconds
POLL_INTERVAL = 0.2  # seconds; listing its children scans all processes
KILL_MOMENTS = [stage for stage in SmtpStage if stage is not SmtpStage.CONNECTED]


class ServeProcess:
    """A process of `serve`, its output, and the ports that it listens on."""

    def __init__(self, shop: Shop, port: int) -> None:
        self._log = shop.folder / "served.log"
        self._log_offset = self._log.stat().st_size if self._log.exists() else 0
        self.ports: set[int] = {port}
        command = [
            sys.executable,
            "-m",
            "tests.flows.served_shop",
            str(shop.folder),
            PACE,
            str(port),
        ]
        with self._log.open("ab") as log_file:
            environ = {**environment(), MARKER_VARIABLE: str(shop.folder)}
            self.process = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=log_file)

    def stay_alive(self, seconds: float) -> None:
        """Assert that it runs for `seconds`, not blocked by the lock of a killed process."""
        time.sleep(seconds)
        self._note_ports()
        assert self.process.poll() is None, self.output()

    def wait_until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < deadline, self.output()
            self.stay_alive(POLL_INTERVAL)

    def wait_until_killed(self) -> None:
        """Wait until the mail server kills it in the middle of a mail."""
        deadline = time.monotonic() + TIMEOUT
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.output()
            self._note_ports()
            time.sleep(POLL_INTERVAL)
        assert self.process.returncode == -signal.SIGKILL, self.output()

    def output(self) -> str:
        return self._log.read_bytes()[self._log_offset :].decode()

    def has_synced(self) -> bool:
        """Returns whether it has read a source, which it does once Prefect is available."""
        return '"survey"' in self.output()

    def _note_ports(self) -> None:
        with suppress(psutil.Error):
            connections = psutil.Process(self.process.pid).net_connections("tcp4")
            self.ports |= {
                connection.laddr.port
                for connection in connections
                if connection.status == psutil.CONN_LISTEN
            }


@contextmanager
def serving(shop: Shop, port: int) -> Iterator[ServeProcess]:
    """Yields a process; at the end it alone is killed with SIGKILL."""
    process = ServeProcess(shop, port)
    try:
        yield process
    finally:
        process.process.kill()
        process.process.wait()


@pytest.mark.soak
@pytest.mark.parametrize("kills", [Kills(15, 2, 8)])
def test_a_serve_killed_many_times_leaves_no_process_no_lock_and_no_duplicate(
    kills: Kills, tmp_path: Path
) -> None:
    random_source = random.Random(20)  # noqa: S311  # to be repeated, not to be secret
    server, port, ports = ServerState(tmp_path / "arrived"), free_port(), set[int]()
    with sink(server) as smtp:
        shop = write_live_shop(tmp_path, smtp)
        for ending in kills.in_random_order(random_source):
            shop.complain(BURST if ending == "mailing" else 2)
            with serving(shop, port) as process:
                if ending == "mailing":
                    mail_number = random_source.randint(1, BURST)
                    server.arm(
                        Kill(process.process.pid, random_source.choice(KILL_MOMENTS), mail_number)
                    )
                    process.wait_until_killed()
                elif ending == "up":
                    process.wait_until(process.has_synced)
                    process.stay_alive(random_source.uniform(0, 1))
                else:
                    process.stay_alive(random_source.uniform(0.2, 1.2))
            ports |= process.ports
        with serving(shop, port) as last_process:
            last_process.wait_until(shop.has_sent_all)
            assert set(marked_processes(tmp_path)) == {
                last_process.process.pid,
                *children(last_process),
            }
            last_process.process.terminate()
            assert last_process.process.wait(15) == 0
    assert_each_sent_once(shop, server, kills=kills.mailing)
    assert not marked_processes(tmp_path)
    assert not shop.locks()
    assert len(ports) > kills.mailing
    assert all(map(is_free, ports | last_process.ports))


def children(process: ServeProcess) -> list[int]:
    pids = [child.pid for child in psutil.Process(process.process.pid).children(recursive=True)]
    assert len(pids) == 1, "Prefect's server, and nothing else"
    return pids


def marked_processes(folder: Path) -> list[int]:
    """Returns the ids of all processes that have the marker in their environment."""
    pids = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARKER_VARIABLE) == str(folder):
                pids.append(process.pid)
    return pids


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False
