"""A short command keeps what it makes; what serves for months does not."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from regulars.terminal import gc_thresholds


@pytest.fixture(autouse=True)
def restored_threshold() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_a_server_collects_as_often_as_python_does_by_default() -> None:
    gc_thresholds.collect_rarely()
    gc_thresholds.collect_normally()
    command = [sys.executable, "-c", "import gc; print(gc.get_threshold())"]
    default_threshold = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert str(gc.get_threshold()) == default_threshold.strip()


def test_a_command_collects_a_hundred_times_less_often() -> None:
    gc_thresholds.collect_normally()
    default_threshold, *_ = gc.get_threshold()
    gc_thresholds.collect_rarely()
    assert gc.get_threshold()[0] >= 100 * default_threshold
