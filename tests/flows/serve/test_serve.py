"""`regulars serve` as a whole: real processes, a real Prefect, signals."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from flows.runtime.prefect_server import (
    ADDRESS_FILE,
    CLIENT_TOKEN_SETTING,
    HOME,
    find_running_server,
    prefect_server,
)
from regulars.serve.process import serve_shop
from regulars.terminal.log import LogFormat
from settings.errors import UnavailableError
from tests.flows.conftest import copy_prefect_database
from tests.flows.processes import ROOT, environment
from tests.flows.served_shop import add_unhappy_answer, write_shop

PACE = "1"  # seconds


class ServeProcess:
    """A process of `regulars serve`, and its log events so far."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._log = folder, folder / "served.log"
        with self._log.open("ab") as log_file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.flows.served_shop", str(folder), PACE],
                cwd=ROOT, env=environment(), stderr=log_file,
            )  # fmt: skip

    def events(self, event: str) -> list[dict[str, Any]]:
        lines = map(json.loads, self._log.read_text().splitlines())
        return [line for line in lines if line["event"] == event]

    def wait_until(self, condition: Callable[[], object], timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            assert self.process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.1)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def address(self) -> str:
        self.wait_until(lambda: self.events("serve"))
        [url] = re.findall(r"http://127\.0\.0\.1:\d+", self.events("serve")[-1]["message"])
        return str(url)


@contextmanager
def serving(folder: Path) -> Iterator[ServeProcess]:
    process = ServeProcess(folder)
    try:
        yield process
    finally:
        process.process.kill()
        process.process.wait()


@contextmanager
def stranger_at(address: str) -> Iterator[None]:
    """Somebody sends what is no HTTP request, again and again, until the block ends."""
    ended, host = Event(), urlsplit(address)
    assert host.port

    def knock() -> None:
        while not ended.wait(0.02):
            with suppress(OSError), socket.create_connection(("127.0.0.1", host.port)) as line:
                line.sendall(b"\x00 no request\r\n\r\n")

    thread = Thread(target=knock)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def count_flow_runs(address: str, token: str) -> int:
    user, password = token.split(":")
    response = httpx.post(
        f"{address}/flow_runs/count", json={}, auth=(user, password), trust_env=False
    )
    return int(response.raise_for_status().text)


def assert_port_is_taken(address: str) -> None:
    """Nobody else can answer in the place of Prefect's server."""
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="Address already in use"):
            thief.bind(("127.0.0.1", urlsplit(address).port))


def rehearsed(folder: Path) -> int:
    return len(list((folder / "outbox").glob("*.eml")))


@pytest.fixture
def folder(tmp_path: Path, prefect_database: Path) -> Path:
    """The folder of a shop with a Prefect database."""
    write_shop(tmp_path)
    copy_prefect_database(prefect_database, tmp_path)
    return tmp_path


def test_mail_goes_while_prefect_is_down_and_prefect_is_restarted(folder: Path) -> None:
    """Also: it starts, runs ticks, holds the lock of the shop, stops cleanly, and a stranger fills
    no log.
    """
    with serving(folder) as serve_process, stranger_at(serve_process.address()):
        assert httpx.get(f"{serve_process.address()}/health", trust_env=False).text == "ok\n"
        serve_process.wait_until(lambda: len(serve_process.events("run")) >= 2)
        [prefect_process] = serve_process.children()
        with pytest.raises(UnavailableError, match="served already") as error_info:
            serve_shop(folder / "config.yaml", pages_address=None, log_format=LogFormat.TEXT)
        assert error_info.value.exit_status == 3

        with prefect_server(folder) as second_server:
            assert second_server.process is None, "a second server beside it"
            second_server.wait_until_healthy()
            token = os.environ[CLIENT_TOKEN_SETTING]
            assert count_flow_runs(second_server.address, token) > 0
            assert stat.S_IMODE((folder / HOME / ADDRESS_FILE).stat().st_mode) == 0o600
            assert token not in (folder / "served.log").read_text()

        prefect_process.kill()
        prefect_process.wait()
        assert_port_is_taken(second_server.address)
        add_unhappy_answer(folder, "clara@example.com")
        serve_process.wait_until(lambda: rehearsed(folder) == 1)
        serve_process.wait_until(lambda: find_running_server(folder))
        # A run in the middle of a request waits for the new server, and notices nothing.
        serve_process.wait_until(lambda: len(serve_process.events("prefect")) != 1)
        assert [line["message"] for line in serve_process.events("prefect")][1:] in (
            [],
            ["works again."],
        )
        [new_prefect] = serve_process.children()
        assert new_prefect != prefect_process
        assert count_flow_runs(second_server.address, token) > 0
        assert_port_is_taken(second_server.address)

        stopped_at = time.monotonic()
        serve_process.process.send_signal(signal.SIGTERM)
        assert serve_process.process.wait(15) == 0
        assert time.monotonic() - stopped_at < 10
        assert not new_prefect.is_running()
        assert serve_process.events("serve")[-1]["message"] == "stopped."
        assert find_running_server(folder) is None
        assert len(serve_process.events("uvicorn")) == 1
    assert "clara" not in (folder / "served.log").read_text()


@pytest.mark.soak
def test_a_killed_serve_leaves_no_process_and_the_next_one_continues(folder: Path) -> None:
    with serving(folder) as serve_process:
        serve_process.wait_until(lambda: serve_process.events("run"))
        children = serve_process.children()
        assert children
        serve_process.process.kill()
        serve_process.process.wait()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
    assert (folder / HOME / ADDRESS_FILE).exists()
    assert find_running_server(folder) is None, "a dead one's address was believed"
    add_unhappy_answer(folder, "clara@example.com")
    (folder / "served.log").unlink()
    with serving(folder) as restarted:
        restarted.wait_until(lambda: rehearsed(folder) == 1)
        assert not restarted.events("prefect")
        restarted.process.send_signal(signal.SIGINT)
        assert restarted.process.wait(15) == 0
