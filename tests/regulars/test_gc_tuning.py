"""A short command keeps what it makes; what serves for months does not."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from regulars.terminal import gc_tuning


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_what_serves_for_months_looks_as_often_as_python_does_by_itself() -> None:
    gc_tuning.look_seldom()
    gc_tuning.look_as_usual()
    asked = [sys.executable, "-c", "import gc; print(gc.get_threshold())"]
    pythons = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert str(gc.get_threshold()) == pythons.strip()


def test_a_command_looks_a_hundred_times_more_seldom() -> None:
    gc_tuning.look_as_usual()
    usual, *_ = gc.get_threshold()
    gc_tuning.look_seldom()
    assert gc.get_threshold()[0] >= 100 * usual
