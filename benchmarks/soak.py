"""Measures a served shop over time: memory of all its processes, and Prefect's database.

Run it with `.venv/bin/python benchmarks/soak.py --minutes 8 --tick 10s`. A list of answers grows by
one between two samples, so that each tick has a mail to write. The slope is that of a straight line
through the samples after the first four minutes; with longer ticks it is proportionally smaller.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import linear_regression

import psutil

from flows.runtime.prefect_server import HOME
from flows.serve.scheduler import Intervals
from regulars.serve.pages import PagesAddress
from regulars.serve.process import serve_shop
from regulars.terminal.log import LogFormat

SAMPLE_EVERY = 15.0
WARM_AFTER = 240.0
ANSWERS = 1_000
CONFIG = """\
shop:
  name: Corner Café
  country: PT
  language: en
  currency: EUR
  timezone: Europe/Lisbon
  reply to: ana@cornercafe.example
  postal address: Rua das Flores 12, 1200-192 Lisboa
sending:
  from: Ana at Corner Café <ana@cornercafe.example>
sources:
  survey:
    from: csv
    holds: answers
    file: answers.csv
    columns: {customer: Email, when: Answered, csat: Stars}
rules:
  unhappy-visit:
    when: survey answered
    if: {csat: at most 2}
    then:
      - send: sorry-from-the-owner
"""


@dataclass(frozen=True)
class Sample:
    """Megabytes of all processes, of each, and of Prefect's database, after `at` seconds."""

    at: float
    total: float
    parts: Sequence[float]
    database: float


def main() -> None:
    arguments = parse_arguments()
    if arguments.inside:
        serve(Path(arguments.inside), arguments.tick)
        return
    with tempfile.TemporaryDirectory(prefix="regulars-soak-") as folder:
        samples = list(run_soak(Path(folder), arguments.minutes * 60, arguments.tick))
    print_slopes(samples, arguments.tick)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--tick", type=lambda text: float(text.removesuffix("s")), default=10.0)
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    return parser.parse_args()


def serve(folder: Path, tick: float) -> None:
    """Serve the shop in `folder`; this process is measured."""
    intervals = Intervals(sync=timedelta(seconds=tick), tick=timedelta(seconds=tick))
    serve_shop(
        folder / "config.yaml",
        pages_address=PagesAddress("127.0.0.1", 0),
        log_format=LogFormat.JSON,
        fixed_intervals=intervals,
        owner_port_option=0,
    )


def run_soak(folder: Path, seconds: float, tick: float) -> Iterator[Sample]:
    (folder / "config.yaml").write_text(CONFIG)
    add_answers(folder, ANSWERS, "2025-03-03 10:00")
    started = time.monotonic()
    with serving_process(folder, tick) as process:
        while (at := time.monotonic() - started) < seconds and process.poll() is None:
            time.sleep(SAMPLE_EVERY)
            add_answers(folder, 1, datetime.now(UTC).isoformat())
            yield take_sample(folder, process.pid, at + SAMPLE_EVERY)


@contextmanager
def serving_process(folder: Path, tick: float) -> Iterator[subprocess.Popen[bytes]]:
    command = [__file__, "--inside", str(folder), "--tick", str(tick)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, *command], stderr=log, env=os.environ)
        yield process
        stopping = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait()
    ticks = (folder / "log").read_text().count('"event": "run"')
    mails = len(list((folder / "outbox").glob("*.eml")))
    duration = time.monotonic() - stopping
    print(f"{ticks} ticks, {mails} mails; stopped in {duration:.1f} s, {process.returncode}")


def add_answers(folder: Path, count: int, at: str) -> None:
    path = folder / "answers.csv"
    text = path.read_text() if path.exists() else "Email,Answered,Stars\n"
    rows_before = text.count("\n") - 1
    lines = [f"customer{rows_before + number}@example.com,{at},1\n" for number in range(count)]
    path.write_text(text + "".join(lines))


def take_sample(folder: Path, pid: int, at: float) -> Sample:
    root = psutil.Process(pid)
    parts = [process.memory_info().rss / 1e6 for process in (root, *root.children(recursive=True))]
    database = sum(process.stat().st_size for process in (folder / HOME).glob("prefect.db*")) / 1e6
    taken = Sample(at, sum(parts), parts, database)
    print(
        f"{taken.at:6.0f} s  {taken.total:6.1f} MB in all"
        f" ({' + '.join(f'{process:.1f}' for process in parts)})"
        f"  Prefect's database {database:5.2f} MB",
        flush=True,
    )
    return taken


def print_slopes(samples: Sequence[Sample], tick: float) -> None:
    warm = [warm_sample for warm_sample in samples if warm_sample.at >= WARM_AFTER]
    if len(warm) < 3:
        return
    minutes = [warm_sample.at / 60 for warm_sample in warm]
    for label, values in (
        ("all processes", [warm_sample.total for warm_sample in warm]),
        ("ours", [warm_sample.parts[0] for warm_sample in warm]),
        ("Prefect's database", [warm_sample.database for warm_sample in warm]),
    ):
        slope = linear_regression(minutes, values).slope
        print(f"{label}: {slope:+.3f} MB a minute, {slope * tick / 60 * 1000:+.1f} kB a tick")


if __name__ == "__main__":
    main()
