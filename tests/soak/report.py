"""Collects the tallies of a soak in the file `SOAK_REPORT`, a line of JSON for each cell.

`python -m tests.soak.report FILE` prints them as the table of docs/reliability.md.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from sandbox.chaos.cells import Cell
from sandbox.chaos.tally import Tally

DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
SENDERS = {"outbox": "folder", "smtp": "mail server", "sendgrid": "SendGrid"}
FIGURES = ("times", "sent", "twice", "lost", "in_doubt", "may_be_in_doubt")
HEAD = "what | database | sender | at once | times | sent | twice | lost | in doubt | at most"


def record(what: str, cell: Cell, tally: Tally) -> None:
    """Append the `tally` of `cell` to the report, if one is asked for."""
    if file := os.environ.get("SOAK_REPORT"):
        place = {"database": cell.database, "through": cell.through, "workers": cell.workers}
        counts = {"times": tally.kills + tally.suspended, **tally.document()}
        with Path(file).open("a") as report:
            report.write(json.dumps({"what": what, **place, **counts}) + "\n")


def table(lines: list[str]) -> str:
    """Return the Markdown table of the report's `lines`, with a line for all."""
    rows = sorted(map(json.loads, lines), key=_order)
    total = {name: sum(row[name] for row in rows) for name in FIGURES}
    cells = [
        [row["what"], DATABASES[row["database"]], SENDERS[row["through"]], str(row["workers"])]
        + [f"{row[name]:,}" for name in FIGURES]
        for row in rows
    ]
    cells.append(["**all**", "", "", "", *(f"{total[name]:,}" for name in FIGURES)])
    ruler = "|---|---|---|" + "---:|" * (len(FIGURES) + 1)
    return "\n".join([f"| {HEAD} |", ruler, *(f"| {' | '.join(row)} |" for row in cells)])


def _order(row: dict[str, Any]) -> tuple[str, int, int, int]:
    databases, senders = list(DATABASES), list(SENDERS)
    place = databases.index(row["database"]), senders.index(row["through"]), row["workers"]
    return row["what"], *place


if __name__ == "__main__":
    sys.stdout.write(table(Path(sys.argv[1]).read_text().splitlines()) + "\n")
