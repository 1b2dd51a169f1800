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

from engine.tick.counts import Counts, total

console = Console(highlight=False)
aside = Console(stderr=True, highlight=False)


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
    with Progress(*columns, console=aside) as bars:
        yield bars


def counted(count: int, what: str, many: str | None = None) -> str:
    """1 mail, 2 mails; 2 series."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {many or what + 's'}"


def printable(text: str) -> str:
    """What a customer or a file wrote, so that it can neither colour nor move a terminal."""
    return escape("".join(letter if letter.isprintable() else " " for letter in text))


def spoken(stream: str) -> str:
    """A platform's own word for its records, in the shop's."""
    return {"abandonedCheckouts": "carts"}.get(stream, stream)


class Watch:
    """Turns what the work tells of itself into bars: one a name, added to as it grows."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, Any] = {}

    def arrived(self, source: str, stream: str, records: int) -> None:
        self._bars.update(self._task(f"{source}: {spoken(stream)}"), completed=records)

    def delivered(self, messages: int) -> None:
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
    for name, one in [*counts.items(), ("all", total(counts.values()))]:
        table.add_row(name, *_figures(one), style="bold" if name == "all" else None)
    return table


def _figures(counts: Counts) -> list[str]:
    went = counts.outcomes["sent"], counts.outcomes["rehearsed"]
    others = counts.enrolled - sum(went)
    why = "\n".join(f"{many} {reason}" for reason, many in counts.reasons.most_common())
    return [str(figure) for figure in (counts.enrolled, *went, others)] + [why]
