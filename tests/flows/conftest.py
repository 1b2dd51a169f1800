"""Fixtures: the demo's folder, with and without a Prefect database; no process may be left."""

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
    """The demo's folder with a Prefect database, which makes its start quicker."""
    copy_prefect_database(prefect_database, fresh_demo)
    return fresh_demo


def copy_prefect_database(database: Path, folder: Path) -> None:
    """Copy `database` to where a Prefect server started in `folder` finds it."""
    (folder / HOME).mkdir(parents=True)
    shutil.copy(database, folder / HOME)


@pytest.fixture
def fresh_demo(tmp_path: Path) -> Path:
    """A folder with the demo's config on free ports."""
    folder = tmp_path / "demo"
    folder.mkdir()
    text = (ROOT / "config.yaml").read_text()
    for port in (":8801", ":8802"):
        text = text.replace(port, f":{free_port()}")
    (folder / "config.yaml").write_text(text)
    return folder


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """Asserts that a test leaves no child process."""
    before = set(psutil.Process().children(recursive=True))
    yield
    started = set(psutil.Process().children(recursive=True)) - before
    assert not [process for process in started if "postgres" not in process.name()]
