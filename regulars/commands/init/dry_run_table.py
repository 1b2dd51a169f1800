"""What the first day would send, as a table."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from rich.table import Table

from engine.tick.counts import Counts, sum_counts

LOOKS_FORWARD_NOTE = (
    "A rule looks forward from its first look: it does not write to all who stayed away before."
    " Where you want that, the file says how: include backlog."
)


def command_for(config: Path) -> str:
    """How the program is called for this file, from where we are."""
    is_default = config.absolute() == Path("config.yaml").absolute()
    return "regulars" if is_default else f"regulars --config {shlex.quote(str(config))}"


def first_day_table(counts: Mapping[str, Counts]) -> Table:
    """One line a rule: its mails, who is not mailed, and why."""
    table = Table(box=None, padding=(0, 2), header_style="bold")
    table.add_column("rule")
    for name in ("mails", "not mailed"):
        table.add_column(name, justify="right")
    table.add_column("why not")
    for name, rule_counts in [*counts.items(), ("all", sum_counts(counts.values()))]:
        table.add_row(name, *_figures(rule_counts), style="bold" if name == "all" else None)
    return table


def _figures(counts: Counts) -> list[str]:
    mails = counts.outcomes["rehearsed"]
    reasons = "\n".join(f"{count} {reason}" for reason, count in counts.reasons.most_common())
    return [str(mails), str(counts.enrolled - mails), reasons]
