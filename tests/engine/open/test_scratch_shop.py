"""Copies of a shop in a temporary folder: none is left behind."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from pathlib import Path

import pytest

from engine.open.scratch_shop import MAX_AGE, PREFIX, open_scratch_shop
from tests.cafe import Cafe

on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@on_sqlite
def test_only_its_owner_may_read_the_copy(cafe: Cafe, temporary: Path) -> None:
    """rules: {}"""
    with open_scratch_shop(cafe.shop) as scratch:
        [folder] = temporary.iterdir()
        assert folder.stat().st_mode & 0o077 == 0
        assert scratch.secret != cafe.shop.secret
    assert list(temporary.iterdir()) == []


@on_sqlite
def test_a_copy_is_deleted_though_the_process_is_terminated(cafe: Cafe, temporary: Path) -> None:
    """rules: {}"""
    handler = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit):
        terminate_within_copy(cafe)
    assert list(temporary.iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) is handler


def terminate_within_copy(cafe: Cafe) -> None:
    with open_scratch_shop(cafe.shop):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)


@on_sqlite
def test_copies_of_killed_processes_are_deleted_after_a_day(cafe: Cafe, temporary: Path) -> None:
    """rules: {}"""
    old, new, foreign = (temporary / name for name in (f"{PREFIX}old", f"{PREFIX}new", "another"))
    for folder in (old, new, foreign):
        folder.mkdir()
        (folder / "copy.db").touch()
    for folder in (old, foreign):
        os.utime(folder, (0, time.time() - MAX_AGE - 60))
    with open_scratch_shop(cafe.shop):
        pass
    assert sorted(temporary.iterdir()) == sorted([new, foreign])
