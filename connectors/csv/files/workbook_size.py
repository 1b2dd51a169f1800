"""Measures a workbook before it is read: a small file may unfold to more than the memory holds.

One blank in the last cell of a sheet is enough: the sheet is held as a full rectangle of cells.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from typing import IO

from settings.errors import SourceDataError

MAX_FILE_BYTES = 128 << 20
MAX_UNPACKED_BYTES = 256 << 20
MAX_CELLS = 3_000_000
CHUNK_BYTES = 1 << 20
MAX_ROW_BYTES = 1 << 26
MARK_BYTES = 64  # longer than the mark at which a row begins
XLSX_ROW = re.compile(rb"<(?:\w+:)?row(?=[\s/>])")
XLSX_ROW_NUMBER = re.compile(rb"[^>]*?\sr\s*=\s*[\"']([0-9]{1,7})[\"']")
XLSX_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])")
XLSX_COLUMN = re.compile(rb"\sr\s*=\s*[\"']([A-Z]{1,3})[0-9]{1,7}[\"'][^<>]*(?<!/)>")
XLSX_VALUE = re.compile(rb"<(?:\w+:)?(?:v|is)[\s/>]")
ODS_SHEET = "content.xml"
ODS_ROW = re.compile(rb"<table:table-row(?=[\s/>])")
ODS_ROWS_REPEATED = re.compile(rb"[^>]*?table:number-rows-repeated\s*=\s*[\"']([0-9]{1,9})")
ODS_CELL = re.compile(rb"<table:(?:covered-)?table-cell(?=[\s/>])([^>]*)")
ODS_COLUMNS_REPEATED = re.compile(rb"table:number-columns-repeated\s*=\s*[\"']([0-9]{1,9})")
ODS_VALUE = b"office:value-type"
ODS_TABLE = b"<table:table "
TOO_LARGE = (
    "{} is too large for a workbook: {}. Save the sheet as CSV, which is read at any size, and "
    "name that."
)
FAR_CELL = (
    "a sheet of it has {rows:,} rows and {columns:,} columns up to its last cell, and {limit:,} "
    "cells can be read in all. If a single cell stands far out, delete it"
)

Extent = tuple[int, int]
"""The number of the last row with a value, and of the last column."""


def check_size(archive: zipfile.ZipFile, name: str) -> None:
    """Raise `SourceDataError` where the workbook called `name` needs too much memory."""
    unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > MAX_UNPACKED_BYTES:
        size = f"{unpacked >> 20:,} MB when unpacked, and {MAX_UNPACKED_BYTES >> 20} can be read"
        raise SourceDataError(TOO_LARGE.format(name, size))
    cells = 0
    for part in archive.namelist():
        # A sheet of .xlsx may have any name: another part says which they are.
        extents = _ods_extents if part == ODS_SHEET else _xlsx_extents
        with archive.open(part) as content:
            cells = _count_cells(extents(content), cells, name)


def _count_cells(extents: Iterator[Extent | None], before: int, name: str) -> int:
    """Return `before` and the cells of all sheets in a part; None in `extents` ends a sheet.

    The part is read to its end, which also checks its sum against the zip's.
    """
    row = column = 0
    for extent in extents:
        if extent is None:
            before, row, column = before + row * column, 0, 0
            continue
        row, column = max(row, extent[0]), max(column, extent[1])
        if before + row * column > MAX_CELLS:
            far = FAR_CELL.format(rows=row, columns=column, limit=MAX_CELLS)
            raise SourceDataError(TOO_LARGE.format(name, far))
    return before + row * column


def _xlsx_extents(content: IO[bytes]) -> Iterator[Extent]:
    """Yield the extent of each row with a value; one without a number follows the row before."""
    row = 0
    for piece in _pieces(content, XLSX_ROW):
        number = XLSX_ROW_NUMBER.match(piece)
        row = int(number[1]) if number else row + 1
        if XLSX_VALUE.search(piece):
            named = max(map(_column_number, set(XLSX_COLUMN.findall(piece))), default=0)
            yield row, named or len(XLSX_CELL.findall(piece))


def _ods_extents(content: IO[bytes]) -> Iterator[Extent | None]:
    """Yield the extent of each row with a value; a row or cell may stand for many equal ones."""
    row = 0
    for piece in _pieces(content, ODS_ROW):
        repeated = ODS_ROWS_REPEATED.match(piece)
        row += int(repeated[1]) if repeated else 1
        column = filled = 0
        for attributes in ODS_CELL.findall(piece):
            columns = ODS_COLUMNS_REPEATED.search(attributes)
            column += int(columns[1]) if columns else 1
            filled = column if ODS_VALUE in attributes else filled
        if filled:
            yield row, filled
        if ODS_TABLE in piece:
            row = 0
            yield None


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
