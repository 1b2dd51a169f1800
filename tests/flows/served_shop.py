"""A shop that is quick to serve: survey answers arrive in a CSV file and are replied to."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.serve.scheduler import Intervals
from regulars.serve.pages import PagesAddress
from regulars.serve.process import serve_shop
from regulars.terminal.gc_thresholds import collect_rarely
from regulars.terminal.log import LogFormat

SHOP = """\
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
    then: [{send: sorry-from-the-owner}]
"""


def write_shop(folder: Path) -> None:
    """Write the config and a CSV file with one answer of a year ago."""
    (folder / "config.yaml").write_text(SHOP)
    (folder / "answers.csv").write_text(
        "Email,Answered,Stars\nbruno@example.com,2025-03-03 10:00,5\n"
    )


def add_unhappy_answer(folder: Path, address: str) -> None:
    """Append an unhappy answer of `address`, answered now."""
    with (folder / "answers.csv").open("a") as file:
        file.write(f"{address},{datetime.now(UTC).isoformat()},1\n")


def main(folder: Path, seconds: float, port: int = 0) -> None:
    """Run `regulars serve` with shorter intervals than the config allows."""
    intervals = Intervals(sync=timedelta(seconds=seconds), tick=timedelta(seconds=seconds))
    serve_shop(
        folder / "config.yaml",
        pages_address=PagesAddress("127.0.0.1", port),
        log_format=LogFormat.JSON,
        fixed_intervals=intervals,
        owner_port_option=0,
    )


if __name__ == "__main__":
    collect_rarely()
    main(Path(sys.argv[1]), float(sys.argv[2]), *map(int, sys.argv[3:]))
