"""Splits lines of text into rows, and sets aside the rows that are not well formed.

A quotation mark that is never closed would swallow the rows after it. Only the row in which it
stands is set aside; the lines after it are read again as rows of their own.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

WHITESPACE = None  # runs of spaces separate columns

UNCLOSED_QUOTE = (
    "A quotation mark is not closed, or stands inside a cell without being doubled. "
    "Correct this line in the file."
)
INVISIBLE = "The line holds zero bytes, which are no text. Export the file again."
# Spreadsheets and exports write '+351912000001 to keep a number from being calculated.
TEXT_MARK = re.compile(r"'(?=[0-9+=])")
INVISIBLE_MARGIN = " \t\r\n\xa0\u200b\u200e\u200f\u2060\ufeff"


class TableRow(NamedTuple):
    """A row's first line number and its cells, and why it cannot be used."""

    number: int
    cells: list[str]
    fault: str | None = None


class LineQueue:
    """Lines with their numbers; `push_back` returns lines that were taken too early."""

    def __init__(self, lines: Iterator[str], start: int) -> None:
        self._lines = lines
        self._returned: deque[str] = deque()
        self.number = start

    def __iter__(self) -> LineQueue:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._lines)
        self.number += 1
        return line

    def push_back(self, lines: Sequence[str]) -> None:
        """Return `lines`, the last ones taken, to the front."""
        self._returned.extendleft(reversed(lines))
        self.number -= len(lines)


def split_rows(
    lines: Iterator[str], delimiter: str | None, widths: range, start: int = 0
) -> Iterator[TableRow]:
    """Yield the rows of `lines`, the first of which has the number `start` + 1.

    `widths` are the numbers of cells that a good row may have: they show whether a line inside a
    quoted cell is a row of its own.
    """
    queue = LineQueue(lines, start)
    for line in queue:
        if "\x00" in line:
            yield TableRow(queue.number, naive_cells(line, delimiter), INVISIBLE)
        elif delimiter is WHITESPACE:
            yield TableRow(queue.number, line.split())
        elif '"' in line:
            yield _quoted_row(line, queue, delimiter, widths)
        else:
            yield TableRow(queue.number, clean_cells(line, line.split(delimiter)))


def _quoted_row(line: str, queue: LineQueue, delimiter: str, widths: range) -> TableRow:
    """Return the row that begins with `line`, and takes its further lines from `queue`."""
    number, taken = queue.number, [line]
    if (fields := parse_quoted(iter(taken), delimiter)) is not None:
        return TableRow(number, clean_cells(line, fields))
    fields = parse_quoted(_recorded(queue, taken), delimiter)
    if fields is None or not _is_whole(fields, taken, delimiter, widths):
        queue.push_back(taken[1:])
        return TableRow(number, naive_cells(line, delimiter), UNCLOSED_QUOTE)
    return TableRow(number, [clean_cell(field) for field in fields])


def _recorded(queue: LineQueue, taken: list[str]) -> Iterator[str]:
    """Yield the lines in `taken`, then those of `queue`, which it appends to `taken`."""
    yield from list(taken)
    for line in queue:
        taken.append(line)
        yield line


def parse_quoted(lines: Iterator[str], delimiter: str) -> list[str] | None:
    """Return the cells of the first row of `lines`; None where its quotation marks are wrong."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        return next(reader)
    except (csv.Error, StopIteration):
        return None


def _is_whole(fields: list[str], taken: list[str], delimiter: str, widths: range) -> bool:
    """Whether a row over several lines is one row, and none of its lines is a row itself."""
    if len(fields) < widths.start or any(fields[widths.stop - 1 :]):
        return False
    shape = [_kind(cell) for cell in naive_cells(taken[0], delimiter)]
    return not any(_is_similar(shape, line, delimiter, widths) for line in taken[1:])


def _is_similar(shape: list[str], line: str, delimiter: str, widths: range) -> bool:
    """Whether addresses and numbers stand in the same columns of `line` as in `shape`."""
    kinds = [_kind(cell) for cell in naive_cells(line, delimiter)]
    if len(kinds) != len(shape) or len(kinds) not in widths:
        return False
    pairs = [(kind, other) for kind, other in zip(kinds, shape, strict=True) if kind and other]
    equal = [kind for kind, other in pairs if kind == other]
    return len(equal) == len(pairs) and ("@" in equal or "0" in equal)


def _kind(cell: str) -> str:
    """Return @ for an address, 0 for digits without letters, a for text, or nothing."""
    if "@" in cell:
        return "@"
    if any(sign.isalpha() for sign in cell):
        return "a"
    return "0" if any(sign.isdigit() for sign in cell) else ""


def naive_cells(line: str, delimiter: str | None) -> list[str]:
    """Return the cells of a single line, whatever its quotation marks mean."""
    cells = line.split(delimiter)
    return [clean_cell(cell.replace("\x00", "").strip().strip('"')) for cell in cells]


def clean_cells(line: str, cells: list[str]) -> list[str]:
    """Return the `cells` of `line` without surrounding blanks and marks of text."""
    if line.isascii() and "'" not in line:
        return [cell.strip() for cell in cells]
    return [clean_cell(cell) for cell in cells]


def clean_row(cells: Sequence[str]) -> list[str]:
    """Return the `cells` of a row, each as `clean_cell` does."""
    return [clean_cell(cell) if cell else "" for cell in cells]


def clean_cell(cell: str) -> str:
    """Return `cell` without surrounding blanks and without a spreadsheet's mark of text."""
    stripped = cell.strip() if cell.isascii() else cell.strip().strip(INVISIBLE_MARGIN)
    return TEXT_MARK.sub("", stripped, count=1) if stripped.startswith("'") else stripped
