"""Measures a workbook before it is read: a small file may unfold to more than the memory holds.

One blank in the last cell of a sheet is enough: the sheet is held as a full rectangle of cells. So
is one long text to which many cells refer: each of them holds it whole.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from connectors.csv.files.sheet_xml import (
    RowExtent,
    SharedStrings,
    holds_shared_strings,
    ods_rows,
    shared_string_bytes,
    xlsx_rows,
)
from connectors.csv.files.unread_cells import UnreadCells
from settings.errors import SourceDataError

MAX_FILE_BYTES = 128 << 20
MAX_UNPACKED_BYTES = 256 << 20
MAX_TEXT_BYTES = 256 << 20
MAX_CELLS = 3_000_000
BEGINNING_BYTES = 1_024
ODS_CONTENT = "content.xml"
TOO_LARGE = (
    "{} is too large for a workbook: {}. Save the sheet as CSV, which is read at any size, and "
    "name that."
)
FAR_CELL = (
    "a sheet of it has {rows:,} rows and {columns:,} columns up to its last cell, and {limit:,} "
    "cells can be read in all. If a single cell stands far out, delete it"
)
LONG_TEXTS = (
    "the texts of its cells are more than {limit} MB together. A very long text stands in many "
    "cells of it: shorten it, or delete its column"
)
MANY_TEXTS = "it holds more than {limit:,} different texts"


@dataclass
class ScannedWorkbook:
    """The cells without a value, of .xlsx by the name of the part, of .ods by the sheet's index."""

    by_part: dict[str, UnreadCells] = field(default_factory=dict)
    by_index: list[UnreadCells] = field(default_factory=list)


def scan_workbook(archive: zipfile.ZipFile, name: str) -> ScannedWorkbook:
    """Return which cells of the workbook called `name` have no value.

    Raises `SourceDataError` where it needs too much memory.
    """
    unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > MAX_UNPACKED_BYTES:
        limit = f"{unpacked >> 20:,} MB when unpacked, and {MAX_UNPACKED_BYTES >> 20} can be read"
        raise SourceDataError(TOO_LARGE.format(name, limit))
    strings = _shared_strings(archive, name)
    scanned, size = ScannedWorkbook(), _Size(name)
    for part in archive.namelist():
        with archive.open(part) as content:
            # A sheet of .xlsx may have any name: another part says which they are.
            if part == ODS_CONTENT:
                size.add_rows(ods_rows(content, scanned.by_index))
            else:
                unread = UnreadCells()
                size.add_rows(xlsx_rows(content, strings, unread))
                if unread:
                    scanned.by_part[part] = unread
    _check_texts(archive, strings, size)
    return scanned


def _shared_strings(archive: zipfile.ZipFile, name: str) -> SharedStrings:
    """Return the lengths of the texts that cells share: they stand in a part of any name."""
    strings = SharedStrings()
    for part in archive.namelist():
        with archive.open(part) as content:
            if part == ODS_CONTENT or not holds_shared_strings(content.read(BEGINNING_BYTES)):
                continue
        with archive.open(part) as content:
            for length in shared_string_bytes(content):
                strings.add(length)
                if len(strings.lengths) > MAX_CELLS:
                    many = MANY_TEXTS.format(limit=MAX_CELLS)
                    raise SourceDataError(TOO_LARGE.format(name, many))
    return strings


def _check_texts(archive: zipfile.ZipFile, strings: SharedStrings, size: _Size) -> None:
    """Raise `SourceDataError` where the texts of all cells are too long together.

    Those of .xlsx are counted exactly only where the estimate is above the limit.
    """
    total = size.text_bytes
    if total > MAX_TEXT_BYTES and strings.lengths:
        total = 0
        for part in archive.namelist():
            with archive.open(part) as content:
                total += sum(strings.text_bytes(content))
    if total > MAX_TEXT_BYTES:
        texts = LONG_TEXTS.format(limit=MAX_TEXT_BYTES >> 20)
        raise SourceDataError(TOO_LARGE.format(size.name, texts))


@dataclass
class _Size:
    """Cells and bytes of text of the sheets so far; `name` is the workbook's."""

    name: str
    cells: int = 0
    text_bytes: int = 0

    def add_rows(self, rows: Iterator[RowExtent | None]) -> None:
        """Add the sheets of a part; None in `rows` ends a sheet.

        The part is read to its end, which also checks its sum against the zip's.
        """
        row = column = 0
        for extent in rows:
            if extent is None:
                self.cells, row, column = self.cells + row * column, 0, 0
                continue
            row, column = max(row, extent.row), max(column, extent.column)
            self.text_bytes += extent.text_bytes
            if self.cells + row * column > MAX_CELLS:
                far = FAR_CELL.format(rows=row, columns=column, limit=MAX_CELLS)
                raise SourceDataError(TOO_LARGE.format(self.name, far))
        self.cells += row * column
