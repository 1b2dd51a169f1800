"""Prints what the first day would send, by rule."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from engine.tick.counts import Counts, sum_counts
from regulars.terminal.output import print_line, print_table
from regulars.terminal.reports import reasons_text

LOOKS_FORWARD_NOTE = (
    "A rule looks forward from its first look: it does not write to all who stayed away before."
    " Where you want that, the file says how: include backlog."
)


def command_for(config: Path) -> str:
    """Returns how `regulars` is called for `config` from the current folder."""
    is_default = config.absolute() == Path("config.yaml").absolute()
    return "regulars" if is_default else f"regulars --config {shlex.quote(str(config))}"


def print_first_day(counts: Mapping[str, Counts]) -> None:
    """Print one row for each rule in `counts`: its mails, who is not mailed, and why."""
    print_line("\n[bold]The next 24 hours[/], if they were sent:\n")
    rules = [*counts.items(), ("all", sum_counts(counts.values()))]
    print_table(
        ("rule", "mails", "not mailed", "why not"),
        [(name, *_cells(rule_counts)) for name, rule_counts in rules],
        right=("mails", "not mailed"),
        padding=(0, 2, 0, 2),
        bold_last=True,
    )
    print_line(f"\n{LOOKS_FORWARD_NOTE}")


def _cells(counts: Counts) -> list[str]:
    mails = counts.outcomes["rehearsed"]
    return [str(mails), str(counts.enrolled - mails), reasons_text(counts)]
