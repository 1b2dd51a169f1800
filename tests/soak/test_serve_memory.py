"""`regulars serve` at one tick every ten seconds: it works, stops when told, and does not leak."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.soak

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "soak.py"
MINUTES = 7
MOST_GROWTH = 15.0  # MB a minute: a leak of one answer list or one Prefect run per tick exceeds it


def test_seven_minutes_of_serving_tick_mail_and_do_not_leak() -> None:
    completed = subprocess.run(
        [sys.executable, str(BENCHMARK), "--minutes", str(MINUTES), "--tick", "10s"],
        cwd=BENCHMARK.parents[1], capture_output=True, text=True, check=True,
        timeout=60 * (MINUTES + 3),
    )  # fmt: skip
    print(completed.stdout)  # noqa: T201  # the figures belong in the log
    summary = re.search(r"(\d+) ticks, (\d+) mails; .* s, (\d+)", completed.stdout)
    assert summary
    ticks, mails, status = map(int, summary.groups())
    assert ticks >= MINUTES * 3
    assert mails > 0
    assert status == 0
    growth = re.search(r"^ours: ([+-][\d.]+) MB a minute", completed.stdout, re.MULTILINE)
    assert growth
    assert float(growth[1]) < MOST_GROWTH
