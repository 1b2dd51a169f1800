"""Prints the states of several shops: a line each, and below it what needs attention."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from regulars.terminal.output import console, count_noun, print_line, printable

if TYPE_CHECKING:
    from engine.owner.shop_status import ShopStatus

NAME_WIDTH = 20
HEADERS = ("shop", "mail", "synced", "ran", "sent", "wait", "doubt", "failed", "reach")
WIDTHS = (-NAME_WIDTH, -9, 6, 6, 5, 5, 5, 6, 6)  # negative: aligned left
FINE, LOOK, BROKEN = "[green]✓[/]", "[yellow]![/]", "[red]✗[/]"
NOTE_INDENT = "    "
MIN_WIDTH = 60


def print_statuses(statuses: Sequence[ShopStatus], *, now: datetime) -> None:
    """Print the `statuses` in a table of 80 columns; ages count to `now`."""
    print_line(f"[bold]  {_row(HEADERS)}[/]".rstrip())
    for status in statuses:
        _print_status(status, now)
    needing = sum(status.needs_attention for status in statuses)
    verb = "needs" if needing == 1 else "need"
    print_line(f"\n{needing} of {count_noun(len(statuses), 'shop')} {verb} attention.")


def _print_status(status: ShopStatus, now: datetime) -> None:
    if status.trouble is not None:
        name = _fitted(_label(status), NAME_WIDTH)
        first, *others = _wrapped(status.trouble, NAME_WIDTH + 3)
        print_line(f"{BROKEN} {printable(f'{name:{NAME_WIDTH}} {first}')}")
        for line in others:
            print_line(f"{' ' * (NAME_WIDTH + 3)}{printable(line)}")
        return
    sign = LOOK if status.attention else FINE
    print_line(f"{sign} {printable(_row(_cells(status, now)))}")
    for note in (*status.attention, *status.notes):
        for line in _wrapped(note, len(NOTE_INDENT)):
            print_line(f"{NOTE_INDENT}{printable(line)}")


def _wrapped(text: str, margin: int) -> list[str]:
    """Returns `text` in lines that end at the edge of the terminal, `margin` columns in."""
    width = max(MIN_WIDTH, console().width)
    return textwrap.wrap(text, width - margin, break_long_words=False) or [""]


def _cells(status: ShopStatus, now: datetime) -> tuple[str, ...]:
    mails = status.mails
    return (
        _fitted(_label(status), NAME_WIDTH),
        status.mode or "",
        age_text(status.synced_at, now),
        age_text(status.ran_at, now),
        *(f"{count:,}" for count in (
            mails.sent or mails.rehearsed, mails.waiting, mails.in_doubt, mails.failed,
            status.reachable or 0,
        )),
    )  # fmt: skip


def age_text(moment: datetime | None, now: datetime) -> str:
    """Returns how long ago `moment` was, in at most six characters."""
    if moment is None:
        return "never"
    age = now - moment
    if age < timedelta(minutes=-1):
        return "ahead"
    if age < timedelta(hours=1):
        return f"{max(0, age // timedelta(minutes=1))} min"
    return f"{age // timedelta(hours=1)} h" if age < timedelta(days=2) else f"{age.days} d"


def _row(cells: Sequence[str]) -> str:
    aligned = (
        f"{cell:<{-width}}" if width < 0 else f"{cell:>{width}}"
        for cell, width in zip(cells, WIDTHS, strict=True)
    )
    return " ".join(aligned)


def _label(status: ShopStatus) -> str:
    """The folder, as it is what the reader types; a file of another name with it."""
    path = status.path
    folder = path.absolute().parent.name or str(path)
    return folder if path.name == "config.yaml" else str(path)


def _fitted(text: str, width: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"
