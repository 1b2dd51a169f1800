"""A café beside which Prefect really runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from flows.runtime.prefect_server import HOME
from tests.flows.processes import ROOT, free_port


@pytest.fixture
def demo(fresh_demo: Path, prefect_database: Path) -> Path:
    """The same where Prefect was started before, which is quicker."""
    copy_prefect_database(prefect_database, fresh_demo)
    return fresh_demo


def copy_prefect_database(database: Path, folder: Path) -> None:
    """Prefect's database, as if it had been started beside this shop before."""
    (folder / HOME).mkdir(parents=True)
    shutil.copy(database, folder / HOME)


@pytest.fixture
def fresh_demo(tmp_path: Path) -> Path:
    """A folder of its own with the demo's file, on ports of its own."""
    folder = tmp_path / "demo"
    folder.mkdir()
    text = (ROOT / "config.yaml").read_text()
    for port in (":8801", ":8802"):
        text = text.replace(port, f":{free_port()}")
    (folder / "config.yaml").write_text(text)
    return folder


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """Whatever a test started has ended with it."""
    before = set(psutil.Process().children(recursive=True))
    yield
    started = set(psutil.Process().children(recursive=True)) - before
    assert not [process for process in started if "postgres" not in process.name()]
