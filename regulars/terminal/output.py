"""Printing for commands: lines and tables for people, one JSON document for scripts.

Rich is imported when the first line is printed, so that importing a command stays cheap.
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


@cache
def console() -> Console:
    """Returns the console on standard output."""
    from rich.console import Console

    return Console(highlight=False, emoji=False)


@cache
def error_console() -> Console:
    """Returns the console on standard error, which carries notes and progress bars."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, emoji=False)


def print_line(text: str = "", *, style: str | None = None, markup: bool = True) -> None:
    """Print `text` on standard output; the terminal wraps it.

    With `markup`, Rich's tags such as `[bold]` apply: pass foreign text through `printable`.
    """
    console().print(text, style=style, markup=markup, soft_wrap=True)


def print_wrapped(text: str) -> None:
    """Print foreign `text`; on a terminal its lines are wrapped between words, and indented.

    Elsewhere each line stays one, for those who search the output.
    """
    for line in text.splitlines():
        for part in _wrap(line) if console().is_terminal else [line]:
            print_line(printable(part))


def _wrap(line: str) -> list[str]:
    margin = " " * (len(line) - len(line.lstrip()))
    wrapped = textwrap.wrap(
        line, console().width, subsequent_indent=f"{margin}  ", break_long_words=False
    )
    return wrapped or [line]


def print_note(text: str, *, markup: bool = True) -> None:
    """Print `text` on standard error, so that standard output stays the command's answer."""
    error_console().print(text, markup=markup, soft_wrap=True)


def print_json(document: Any) -> None:
    """Print the one JSON document of a command on standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def print_table(
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[str] = (),
    padding: tuple[int, int, int, int] = (0, 2, 0, 0),
    bold_last: bool = False,
) -> None:
    """Print a table without borders.

    Columns named in `right` are aligned right, those named "id" never wrap; `bold_last` sets the
    last row, the sum, in bold.
    """
    from rich.table import Table

    table = Table(box=None, padding=padding, header_style="bold")
    for header in headers:
        justify: Any = "right" if header in right else "left"
        table.add_column(header, justify=justify, no_wrap=header == "id", overflow="fold")
    cells = list(rows)
    for number, row in enumerate(cells, start=1):
        table.add_row(*row, style="bold" if bold_last and number == len(cells) else None)
    console().print(table)


def count_noun(count: int, singular: str, plural: str | None = None) -> str:
    """Returns "1 mail" or "2 mails"; `plural` is needed where it is not `singular` and an s."""
    return f"{count:,} {singular}" if count == 1 else f"{count:,} {plural or singular + 's'}"


def printable(text: str) -> str:
    """Returns foreign `text` without control characters and with Rich's markup escaped."""
    from rich.markup import escape

    return escape("".join(character if character.isprintable() else " " for character in text))


def stream_label(stream: str) -> str:
    """Returns the owner's word for a connector's `stream`."""
    return {"abandonedCheckouts": "carts"}.get(stream, stream)
