"""`regulars serve` as a whole: real processes, a real Prefect, signals."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from flows.runtime.prefect_server import ADDRESS, HOME, prefect_server, served_at
from regulars.commands.serve import run
from regulars.terminal.log import Form
from settings.errors import OutOfReach
from tests.flows.conftest import keep
from tests.flows.processes import ROOT, environment
from tests.flows.served_shop import answer, laid

PACE = "1"  # seconds


class Served:
    """One process of it, and what it has said so far."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._log = folder, folder / "served.log"
        with self._log.open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.flows.served_shop", str(folder), PACE],
                cwd=ROOT, env=environment(), stderr=said,
            )  # fmt: skip

    def said(self, what: str) -> list[dict[str, Any]]:
        lines = map(json.loads, self._log.read_text().splitlines())
        return [line for line in lines if line["what"] == what]

    def wait_for(self, happened: Callable[[], object], within: float = 60) -> None:
        deadline = time.monotonic() + within
        while not happened():
            assert self.process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.1)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def address(self) -> str:
        self.wait_for(lambda: self.said("serve"))
        [where] = re.findall(r"http://127\.0\.0\.1:\d+", self.said("serve")[-1]["said"])
        return str(where)


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    served = Served(folder)
    try:
        yield served
    finally:
        served.process.kill()
        served.process.wait()


def rehearsed(folder: Path) -> int:
    return len(list((folder / "outbox").glob("*.eml")))


@pytest.fixture
def folder(tmp_path: Path, prefects_database: Path) -> Path:
    """A shop beside which Prefect was started before."""
    laid(tmp_path)
    keep(prefects_database, tmp_path)
    return tmp_path


def test_while_prefect_is_away_mail_goes_and_it_is_started_anew(folder: Path) -> None:
    """It comes up, looks over and over, is the only one, and stops in good order."""
    with serving(folder) as served:
        assert httpx.get(f"{served.address()}/health", trust_env=False).text == "ok\n"
        served.wait_for(lambda: len(served.said("run")) >= 2)
        [prefect] = served.children()
        with pytest.raises(OutOfReach, match="served already") as refused:
            run(folder / "config.yaml", door=None, form=Form.TEXT)
        assert refused.value.exit_status == 3

        with prefect_server(folder) as beside:
            assert beside.process is None, "a second server beside it"
            beside.wait()

        prefect.kill()
        answer(folder, "clara@example.com")
        served.wait_for(lambda: rehearsed(folder) == 1)
        served.wait_for(lambda: len(served.said("prefect")) == 2)
        assert [one["said"] for one in served.said("prefect")][1] == "works again."
        [fresh] = served.children()
        assert fresh != prefect

        asked = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(15) == 0
        assert time.monotonic() - asked < 10
        assert not fresh.is_running()
        assert served.said("serve")[-1]["said"] == "stopped."
        assert served_at(folder) is None
    assert "clara" not in (folder / "served.log").read_text()


def test_killed_it_leaves_no_process_and_the_next_one_goes_on_at_once(folder: Path) -> None:
    with serving(folder) as served:
        served.wait_for(lambda: served.said("run"))
        children = served.children()
        assert children
        served.process.kill()
        served.process.wait()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
    assert (folder / HOME / ADDRESS).exists()
    assert served_at(folder) is None, "a dead one's address was believed"
    answer(folder, "clara@example.com")
    (folder / "served.log").unlink()
    with serving(folder) as again:
        again.wait_for(lambda: rehearsed(folder) == 1)
        assert not again.said("prefect")
        again.process.send_signal(signal.SIGINT)
        assert again.process.wait(15) == 0
