"""What a shop costs that is served for long: memory of all its processes, and Prefect's database.

Run it with `.venv/bin/python benchmarks/soak.py --minutes 8 --tick 10s`. A list of answers grows by
one between two samples, so that there is something to read, and a mail to write. The slope is that
of a straight line through the samples after the first four minutes; at the usual five minutes a
tick it is as many times less as the tick is longer.
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
FILE = """\
shop:
  name: Corner Café
  country: PT
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
    """After so many seconds: megabytes of all processes, of the largest, and of the database."""

    at: float
    whole: float
    parts: Sequence[float]
    database: float


def main() -> None:
    given = arguments()
    if given.inside:
        serve(Path(given.inside), given.tick)
        return
    with tempfile.TemporaryDirectory(prefix="regulars-soak-") as folder:
        samples = list(soaked(Path(folder), given.minutes * 60, given.tick))
    tell(samples, given.tick)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--tick", type=lambda text: float(text.removesuffix("s")), default=10.0)
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    return parser.parse_args()


def serve(folder: Path, tick: float) -> None:
    """The process that is looked at."""
    pace = Intervals(sync=timedelta(seconds=tick), tick=timedelta(seconds=tick))
    serve_shop(
        folder / "config.yaml",
        pages_address=PagesAddress("127.0.0.1", 0),
        log_format=LogFormat.JSON,
        fixed_intervals=pace,
    )


def soaked(folder: Path, seconds: float, tick: float) -> Iterator[Sample]:
    (folder / "config.yaml").write_text(FILE)
    grow(folder, ANSWERS, "2025-03-03 10:00")
    begun = time.monotonic()
    with served(folder, tick) as process:
        while (at := time.monotonic() - begun) < seconds and process.poll() is None:
            time.sleep(SAMPLE_EVERY)
            grow(folder, 1, datetime.now(UTC).isoformat())
            yield sample(folder, process.pid, at + SAMPLE_EVERY)


@contextmanager
def served(folder: Path, tick: float) -> Iterator[subprocess.Popen[bytes]]:
    inside = [__file__, "--inside", str(folder), "--tick", str(tick)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, *inside], stderr=log, env=os.environ)
        yield process
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait()
    ticks = (folder / "log").read_text().count('"what": "run"')
    mails = len(list((folder / "outbox").glob("*.eml")))
    took = time.monotonic() - asked
    print(f"{ticks} ticks, {mails} mails; stopped in {took:.1f} s, {process.returncode}")


def grow(folder: Path, many: int, at: str) -> None:
    path = folder / "answers.csv"
    before = path.read_text() if path.exists() else "Email,Answered,Stars\n"
    known = before.count("\n") - 1
    more = [f"customer{known + one}@example.com,{at},1\n" for one in range(many)]
    path.write_text(before + "".join(more))


def sample(folder: Path, pid: int, at: float) -> Sample:
    root = psutil.Process(pid)
    parts = [one.memory_info().rss / 1e6 for one in (root, *root.children(recursive=True))]
    database = sum(one.stat().st_size for one in (folder / HOME).glob("prefect.db*")) / 1e6
    found = Sample(at, sum(parts), parts, database)
    print(
        f"{found.at:6.0f} s  {found.whole:6.1f} MB in all"
        f" ({' + '.join(f'{one:.1f}' for one in parts)})  Prefect's database {database:5.2f} MB",
        flush=True,
    )
    return found


def tell(samples: Sequence[Sample], tick: float) -> None:
    warm = [one for one in samples if one.at >= WARM_AFTER]
    if len(warm) < 3:
        return
    minutes = [one.at / 60 for one in warm]
    for what, values in (
        ("all processes", [one.whole for one in warm]),
        ("ours", [one.parts[0] for one in warm]),
        ("Prefect's database", [one.database for one in warm]),
    ):
        slope = linear_regression(minutes, values).slope
        print(f"{what}: {slope:+.3f} MB a minute, {slope * tick / 60 * 1000:+.1f} kB a tick")


if __name__ == "__main__":
    main()
