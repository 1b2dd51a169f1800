"""Scans the XML of a workbook's sheets in pieces: how far they reach, and which cells are unread.

Nothing is parsed as a whole: a small file may unfold to more than the memory holds.
"""

from __future__ import annotations

import re
import zipfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import IO, NamedTuple

from connectors.csv.files.unread_cells import UnreadCells

CHUNK_BYTES = 1 << 20
MAX_ROW_BYTES = 1 << 26
MARK_BYTES = 64  # longer than the mark at which a row begins
XLSX_ROW = re.compile(rb"<(?:\w+:)?row(?=[\s/>])")
XLSX_ROW_NUMBER = re.compile(rb"[^>]*?\sr\s*=\s*[\"']([0-9]{1,7})[\"']")
XLSX_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])")
XLSX_COLUMN = re.compile(rb"\sr\s*=\s*[\"']([A-Z]{1,3})[0-9]{1,7}[\"'][^<>]*(?<!/)>")
XLSX_VALUE = re.compile(rb"<(?:\w+:)?(?:v|is)[\s/>]")
XLSX_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
XLSX_ERROR = re.compile(rb"\st\s*=\s*[\"']e[\"']")
# A formula after which no value stands. A row without one, and without an error, is all read.
XLSX_UNCALCULATED = re.compile(
    rb"</(?:\w+:)?f\s*>\s*(?:</|<(?:\w+:)?v\s*(?:/>|>\s*</))"
    rb"|<(?:\w+:)?f(?:\s[^<>]*)?/>\s*(?:</|<(?:\w+:)?v\s*(?:/>|>\s*</))"
)
XLSX_ERROR_SIGNS = (b'"e"', b"'e'")
XLSX_STRING = re.compile(rb"\st\s*=\s*[\"']str[\"']")
# A cell: what stands in its mark, and between its marks.
XLSX_WHOLE_CELL = re.compile(
    rb"<(?:\w+:)?c(?=[\s/>])([^<>]*?)(?:/>|>(.*?)</(?:\w+:)?c\s*>)", re.DOTALL
)
XLSX_PLACE = re.compile(rb"\sr\s*=\s*[\"']([A-Z]{1,3})[0-9]{1,7}[\"']")
XLSX_CONTENT = re.compile(rb"<(?:\w+:)?(?:v|t)(?:\s[^<>]*)?>([^<]+)<")
XLSX_SHARED = re.compile(
    rb"\st\s*=\s*[\"']s[\"'][^<>]*>\s*<(?:\w+:)?v(?:\s[^<>]*)?>\s*([0-9]{1,9})\s*<"
)
SHARED_STRING = re.compile(rb"<(?:\w+:)?si(?=[\s/>])")
SHARED_STRING_TEXT = re.compile(rb"<(?:\w+:)?t(?:\s[^<>]*)?>([^<]*)<")
SHARED_STRINGS_BEGINNING = re.compile(rb"<(?:\w+:)?sst[\s/>]")
ODS_ROW = re.compile(rb"<table:table-row(?=[\s/>])")
ODS_ROWS_REPEATED = re.compile(rb"[^>]*?table:number-rows-repeated\s*=\s*[\"']([0-9]{1,9})")
ODS_CELL = re.compile(rb"<table:(?:covered-)?table-cell(?=[\s/>])([^>]*)")
ODS_CELL_END = re.compile(rb"</table:(?:covered-)?table-cell\s*>")
ODS_COLUMNS_REPEATED = re.compile(rb"table:number-columns-repeated\s*=\s*[\"']([0-9]{1,9})")
ODS_VALUE = b"office:value-type"
ODS_FORMULA = b"table:formula"
ODS_ERROR = re.compile(rb"value-type\s*=\s*[\"']error[\"']")
ODS_ERROR_TEXT = re.compile(rb"<text:p[^<>]*>([^<]+)<")
ODS_TABLE = b"<table:table "
MARKS = re.compile(rb"<[^<>]*>")


class RowExtent(NamedTuple):
    """The number of a row with a value, that of its last column, and the bytes of its texts.

    `text_bytes` are those that stand in the file once and in the memory many times.
    """

    row: int
    column: int
    text_bytes: int = 0


@dataclass
class SharedStrings:
    """How long the texts are that cells of .xlsx refer to by their number, in bytes."""

    lengths: array[int] = field(default_factory=lambda: array("I"))
    longest: int = 0

    def add(self, length: int) -> None:
        """Append the next text."""
        self.lengths.append(length)
        self.longest = max(self.longest, length)

    def most_bytes(self, piece: bytes) -> int:
        """Return how many bytes the texts of a row's cells have at most; it is a fast estimate."""
        return self.longest * (piece.count(b'"s"') + piece.count(b"'s'"))

    def text_bytes(self, content: IO[bytes]) -> Iterator[int]:
        """Yield how many bytes the texts have to which the cells of each row of a sheet refer."""
        lengths = self.lengths
        for piece in _pieces(content, XLSX_ROW):
            numbers = map(int, XLSX_SHARED.findall(piece))
            yield sum(lengths[number] for number in numbers if number < len(lengths))


def holds_shared_strings(beginning: bytes) -> bool:
    """Return whether a part of .xlsx with this `beginning` is the one with the shared texts."""
    return bool(SHARED_STRINGS_BEGINNING.search(beginning))


def shared_string_bytes(content: IO[bytes]) -> Iterator[int]:
    """Yield the length of each shared text, in their order."""
    for piece in _pieces(content, SHARED_STRING):
        yield sum(map(len, SHARED_STRING_TEXT.findall(piece)))


def xlsx_rows(
    content: IO[bytes], strings: SharedStrings, unread: UnreadCells
) -> Iterator[RowExtent]:
    """Yield the extent of each row with a value, and note its `unread` cells.

    A row without a number follows the row before.
    """
    row = 0
    for piece in _pieces(content, XLSX_ROW):
        number = XLSX_ROW_NUMBER.match(piece)
        row = int(number[1]) if number else row + 1
        last_unread = 0
        has_error = any(sign in piece for sign in XLSX_ERROR_SIGNS)
        if has_error or XLSX_UNCALCULATED.search(piece):
            for last_unread, error in _xlsx_unread(piece):
                unread.add(row, last_unread, error)
        if XLSX_VALUE.search(piece) or last_unread:
            named = max(map(_column_number, set(XLSX_COLUMN.findall(piece))), default=0)
            column = named or len(XLSX_CELL.findall(piece))
            yield RowExtent(row, max(column, last_unread), strings.most_bytes(piece))


def _xlsx_unread(piece: bytes) -> Iterator[tuple[int, str]]:
    """Yield the column of each cell of a row whose value is not in the file, and its error.

    A formula may have the empty text as its value: then the cell says that it holds a text.
    """
    column = 0
    for cell in XLSX_WHOLE_CELL.finditer(piece):
        attributes, body = cell[1], cell[2] or b""
        place = XLSX_PLACE.search(attributes)
        column = _column_number(place[1]) if place else column + 1
        if XLSX_ERROR.search(attributes):
            error = XLSX_CONTENT.search(body)
            yield column, error[1].decode(errors="replace").strip() if error else "#"
        elif XLSX_FORMULA.search(body) and not XLSX_CONTENT.search(body):
            is_empty_text = XLSX_STRING.search(attributes) and XLSX_VALUE.search(body)
            if not is_empty_text:
                yield column, ""


def ods_rows(content: IO[bytes], sheets: list[UnreadCells]) -> Iterator[RowExtent | None]:
    """Yield the extent of each row with a value; None ends a sheet.

    A row or cell may stand for many equal ones. `sheets` gets the unread cells of each sheet.
    """
    row, unread = 0, UnreadCells()
    sheets.append(unread)
    for piece in _pieces(content, ODS_ROW):
        match = ODS_ROWS_REPEATED.match(piece)
        repeated = int(match[1]) if match else 1
        extent, places = _ods_row(piece, row + repeated, repeated)
        if extent.column:
            yield extent  # a sheet that is too large is refused before its cells are noted
        for number in range(row + 1, row + repeated + 1) if places else ():
            for column, error in places:
                unread.add(number, column, error)
        row += repeated
        if ODS_TABLE in piece:
            row, unread = 0, UnreadCells()
            sheets.append(unread)
            yield None


def _ods_row(piece: bytes, row: int, repeated: int) -> tuple[RowExtent, list[tuple[int, str]]]:
    """Return the extent of a row that is the last of so many equal ones, and its unread cells."""
    column = filled = text_bytes = 0
    unread: list[tuple[int, str]] = []
    for cell in ODS_CELL.finditer(piece):
        attributes = cell[1]
        match = ODS_COLUMNS_REPEATED.search(attributes)
        columns = int(match[1]) if match else 1
        has_value = ODS_VALUE in attributes
        is_error = has_value and ODS_ERROR.search(attributes)
        if is_error or (not has_value and ODS_FORMULA in attributes):
            text = ODS_ERROR_TEXT.search(_ods_body(piece, cell)) if is_error else None
            error = text[1].decode(errors="replace").strip() if text else "#" if is_error else ""
            unread += ((column + place, error) for place in range(1, min(columns, 1 << 14) + 1))
            has_value = True
        column += columns
        if has_value:
            filled = column
            if columns * repeated > 1:
                text_bytes += len(MARKS.sub(b"", _ods_body(piece, cell))) * columns * repeated
    return RowExtent(row, filled, text_bytes), unread


def _ods_body(piece: bytes, cell: re.Match[bytes]) -> bytes:
    """Return what stands between the marks of a `cell` in `piece`."""
    if cell[1].endswith(b"/"):
        return b""
    end = ODS_CELL_END.search(piece, cell.end())
    return piece[cell.end() + 1 : end.start() if end else len(piece)]


def _pieces(content: IO[bytes], begin: re.Pattern[bytes]) -> Iterator[bytes]:
    """Yield what follows each match of `begin`, up to the next one."""
    held = b""
    while chunk := content.read(CHUNK_BYTES):
        held += chunk
        starts = [match.start() for match in begin.finditer(held)]
        for start, end in pairwise(starts):
            yield held[start:end]
        held = held[starts[-1] :] if starts else held[-MARK_BYTES:]
        if len(held) > MAX_ROW_BYTES:
            raise zipfile.BadZipFile
    if begin.match(held):
        yield held


def _column_number(letters: bytes) -> int:
    """Return 1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
