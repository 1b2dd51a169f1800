"""Progress bars on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from regulars.terminal.output import error_console, stream_label


@contextmanager
def progress_bars() -> Iterator[ProgressBars]:
    """Show bars while the block runs; they are marked complete when it ends without an error."""
    columns = (
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:,}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=error_console()) as progress:
        bars = ProgressBars(progress)
        yield bars
        bars.finish()


class ProgressBars:
    """One bar for each name, added when it is first reported."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def on_records(self, source: str, stream: str, records: int) -> None:
        """A sync has read `records` of one stream so far."""
        self._progress.update(self._task(f"{source}: {stream_label(stream)}"), completed=records)

    def on_messages(self, messages: int) -> None:
        """A delivery has handled `messages` more."""
        self._progress.advance(self._task("mails looked at"), messages)

    def counter(self, name: str, total: int) -> Callable[[], None]:
        """Returns a function that advances the bar `name` by one, up to `total`."""
        task = self._progress.add_task(name, total=total)
        return lambda: self._progress.advance(task)

    def wait_for(self, name: str, wait: Callable[[], None]) -> None:
        """Show a spinner named `name` until `wait` returns."""
        task = self._progress.add_task(name, total=None)
        wait()
        self._progress.update(task, total=1, completed=1)

    def finish(self) -> None:
        """Mark the bars of unknown length as complete."""
        for task in self._tasks.values():
            self._progress.update(task, total=self._progress.tasks[task].completed)
            self._progress.stop_task(task)

    def _task(self, name: str) -> TaskID:
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=None)
        return self._tasks[name]
