"""What commands show: people on a terminal, scripts as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from engine.tick.counts import Counts, sum_counts

console = Console(highlight=False)
error_console = Console(stderr=True, highlight=False)


def print_json(document: Any) -> None:
    """The one document of a command, and nothing else, on standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")


@contextmanager
def progress() -> Iterator[Progress]:
    """Bars on standard error, so that standard output stays a command's answer."""
    columns = (
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:,}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=error_console) as bars:
        yield bars


def count_noun(count: int, singular: str, plural: str | None = None) -> str:
    """1 mail, 2 mails; 2 series."""
    return f"{count:,} {singular}" if count == 1 else f"{count:,} {plural or singular + 's'}"


def printable(text: str) -> str:
    """What a customer or a file wrote, so that it can neither colour nor move a terminal."""
    return escape("".join(character if character.isprintable() else " " for character in text))


def stream_label(stream: str) -> str:
    """A platform's own word for its records, in the shop's."""
    return {"abandonedCheckouts": "carts"}.get(stream, stream)


class ProgressBars:
    """Turns what the work tells of itself into bars: one a name, added to as it grows."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, Any] = {}

    def on_records(self, source: str, stream: str, records: int) -> None:
        self._bars.update(self._task(f"{source}: {stream_label(stream)}"), completed=records)

    def on_messages(self, messages: int) -> None:
        self._bars.advance(self._task("mails looked at"), messages)

    def finish(self) -> None:
        for task in self._tasks.values():
            self._bars.update(task, total=self._bars.tasks[task].completed)
            self._bars.stop_task(task)

    def _task(self, name: str) -> Any:
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=None)
        return self._tasks[name]


def rules_table(counts: Mapping[str, Counts]) -> Table:
    """One line a rule: whom it is about, what went, what did not and why."""
    table = Table(box=None, padding=(0, 2), header_style="bold")
    table.add_column("rule")
    table.add_column("people", justify="right")
    for name in ("sent", "rehearsed", "not sent"):
        table.add_column(name, justify="right")
    table.add_column("why not")
    for name, rule_counts in [*counts.items(), ("all", sum_counts(counts.values()))]:
        table.add_row(name, *_count_cells(rule_counts), style="bold" if name == "all" else None)
    return table


def _count_cells(counts: Counts) -> list[str]:
    sent_counts = counts.outcomes["sent"], counts.outcomes["rehearsed"]
    not_sent = counts.enrolled - sum(sent_counts)
    reasons = "\n".join(f"{count} {reason}" for reason, count in counts.reasons.most_common())
    return [str(figure) for figure in (counts.enrolled, *sent_counts, not_sent)] + [reasons]
