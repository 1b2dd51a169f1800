"""Reads the sheets of a workbook: .xlsx, .ods, and .xls of Excel before 2007.

The sheets are held in memory while they are read: about 100 bytes a cell.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetMetadata,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from connectors.csv.files.cell_text import cell_text
from connectors.csv.files.file_kind import DAMAGE, OLE_MAGIC
from connectors.csv.files.unread_cells import UnreadCells
from connectors.csv.files.workbook_parts import sheet_parts
from connectors.csv.files.workbook_size import (
    MAX_FILE_BYTES,
    TOO_LARGE,
    ScannedWorkbook,
    scan_workbook,
)
from connectors.csv.row_reader import clean_row
from settings.errors import OwnerFileError, SourceDataError
from settings.model import nearest

SAMPLE_ROWS = 20
HEADER_SHARE = 0.5  # of the cells of the widest row: a line above it is shorter
ENCRYPTED_PARTS = ("EncryptedPackage".encode("utf-16-le"), b"manifest:encryption-data")
PROTECTED = "{} is protected with a password. Save it without one, and name that."
BROKEN = "{} is broken, or no workbook that can be read. Save it again as .xlsx."
BINARY_WORKBOOK = "{} is a binary workbook (.xlsb). Save it as .xlsx, and name that."
NO_ROWS = (
    "{}: none of the first {} rows of {} names the columns. Put the names of the columns into one "
    "row above the others."
)


@dataclass(frozen=True)
class SheetHeader:
    """The row that names the columns, from 1, and how many filled rows stand above it."""

    row: int
    columns: tuple[str, ...]
    skipped: int


@dataclass(frozen=True)
class Sheet:
    """A sheet with the row that names its columns."""

    file_name: str
    name: str
    header: SheetHeader
    is_only_one: bool  # the only visible one, and not named by the owner
    digest: str  # of the workbook and the sheet's name
    _content: CalamineSheet
    _unread: UnreadCells

    @property
    def unread_note(self) -> str | None:
        """What the owner should know about formulas without a value; None where all have one."""
        return self._unread.note(f'the sheet "{self.name}" of {self.file_name}')

    @property
    def has_rows(self) -> bool:
        """Whether anything stands below the names of the columns."""
        end = self._content.end
        last = end[0] + 1 if end is not None else 0
        return max(last, self._unread.last_row) > self.header.row

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows below the names of the columns, with their number in the sheet."""
        rows = enumerate(_text_rows(self._content, self._unread), start=1)
        yield from islice(rows, self.header.row, None)


def open_sheet(
    file: BinaryIO, file_name: str, sheet_name: str | None, columns: Collection[str]
) -> Sheet:
    """Return the sheet called `sheet_name`, else the only visible one that holds a table.

    `columns` are names that it must hold, if they are known. Raises `OwnerFileError` where there
    are several, or none of that name; `SourceDataError` where the workbook cannot be read.
    """
    workbook = _open_workbook(file, file_name)
    if sheet_name is not None:
        return _named_sheet(workbook, sheet_name, columns)
    tables = _tables(workbook, columns)
    complete = [sheet for sheet in tables if {*columns} <= {*sheet.header.columns}]
    chosen = complete if columns and complete else tables
    if len(chosen) == 1:
        return chosen[0]
    if not chosen:
        raise SourceDataError(NO_ROWS.format(file_name, SAMPLE_ROWS, "any sheet"))
    names = [sheet.name for sheet in chosen]
    raise OwnerFileError(
        f"{file_name} has {len(names)} sheets with rows: {', '.join(names)}. "
        f"Name one of them, like sheet: {names[0]}"
    )


def table_sheets(file: BinaryIO, file_name: str) -> list[str]:
    """Return the names of the visible sheets that hold a table; raises as `open_sheet` does."""
    names = [sheet.name for sheet in _tables(_open_workbook(file, file_name), ())]
    if not names:
        raise SourceDataError(NO_ROWS.format(file_name, SAMPLE_ROWS, "any sheet"))
    return names


@dataclass(frozen=True)
class _Workbook:
    name: str  # of its file
    digest: str
    content: CalamineWorkbook
    unread: Mapping[str, UnreadCells]  # by sheet

    @property
    def shown_sheets(self) -> list[str]:
        return [sheet.name for sheet in self.content.sheets_metadata if _is_shown(sheet)]


def _open_workbook(file: BinaryIO, file_name: str) -> _Workbook:
    data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise SourceDataError(TOO_LARGE.format(file_name, f"more than {MAX_FILE_BYTES >> 20} MB"))
    is_old = data.startswith(OLE_MAGIC)
    if is_old and ENCRYPTED_PARTS[0] in data:
        raise SourceDataError(PROTECTED.format(file_name))
    # Excel before 2007 always wrote the values of formulas.
    scanned, parts = (ScannedWorkbook(), []) if is_old else _scan(data, file_name)
    try:
        content = CalamineWorkbook.from_filelike(io.BytesIO(data))
        unread = _unread_by_sheet(scanned, parts, content.sheet_names)
        return _Workbook(file_name, hashlib.sha256(data).hexdigest(), content, unread)
    except PasswordError:
        raise SourceDataError(PROTECTED.format(file_name)) from None
    except (CalamineError, OSError):
        raise SourceDataError(BROKEN.format(file_name)) from None


def _scan(data: bytes, file_name: str) -> tuple[ScannedWorkbook, list[str]]:
    """Return the unread cells of a workbook in a zip, and the parts of its sheets in order."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if "xl/workbook.bin" in archive.namelist():
                raise SourceDataError(BINARY_WORKBOOK.format(file_name))
            manifest = "META-INF/manifest.xml"
            if manifest in archive.namelist() and ENCRYPTED_PARTS[1] in archive.read(manifest):
                raise SourceDataError(PROTECTED.format(file_name))
            return scan_workbook(archive, file_name), sheet_parts(archive)
    except (*DAMAGE, OSError, NotImplementedError, RuntimeError):
        raise SourceDataError(BROKEN.format(file_name)) from None


def _unread_by_sheet(
    scanned: ScannedWorkbook, parts: Sequence[str], names: Sequence[str]
) -> Mapping[str, UnreadCells]:
    in_order = scanned.by_index or [scanned.by_part.get(part, UnreadCells()) for part in parts]
    return dict(zip(names, in_order, strict=False))  # a broken workbook may name fewer


def _named_sheet(workbook: _Workbook, sheet_name: str, columns: Collection[str]) -> Sheet:
    if sheet_name not in workbook.content.sheet_names:
        sheets = workbook.shown_sheets
        suggestion = nearest(sheet_name, sheets)
        hint = f' Did you mean "{suggestion}"?' if suggestion else ""
        raise OwnerFileError(
            f'{workbook.name} has no sheet "{sheet_name}".{hint} It has: {", ".join(sheets)}.'
        )
    sheet = _read_sheet(workbook, sheet_name, columns)
    if sheet is None:
        where = f'the sheet "{sheet_name}"'
        raise SourceDataError(NO_ROWS.format(workbook.name, SAMPLE_ROWS, where))
    return sheet


def _tables(workbook: _Workbook, columns: Collection[str]) -> list[Sheet]:
    """Return the visible sheets that hold a table; without rows only where no sheet has any."""
    shown = workbook.shown_sheets
    read = (_read_sheet(workbook, name, columns, is_only_one=len(shown) == 1) for name in shown)
    sheets = [sheet for sheet in read if sheet]
    return [sheet for sheet in sheets if sheet.has_rows] or sheets


def _is_shown(metadata: SheetMetadata) -> bool:
    is_visible = metadata.visible is SheetVisibleEnum.Visible
    return is_visible and metadata.typ is SheetTypeEnum.WorkSheet


def _read_sheet(
    workbook: _Workbook, name: str, columns: Collection[str], *, is_only_one: bool = False
) -> Sheet | None:
    try:
        content = workbook.content.get_sheet_by_name(name)
    except (CalamineError, OSError):
        raise SourceDataError(BROKEN.format(workbook.name)) from None
    unread = workbook.unread.get(name, UnreadCells())
    header = find_sheet_header(list(islice(_text_rows(content, unread), SAMPLE_ROWS)), columns)
    if header is None:
        return None
    digest = f"{workbook.digest} {name}"
    return Sheet(workbook.name, name, header, is_only_one, digest, content, unread)


def _text_rows(content: CalamineSheet, unread: UnreadCells) -> Iterator[list[str]]:
    """Yield the texts of all rows from the first on.

    Empty columns in front are left out of a sheet's rows, but not where one of them is `unread`.
    """
    texts = (clean_row([cell_text(value) for value in row]) for row in content.iter_rows())
    if not unread:
        return texts
    margin = [""] * (content.start[1] if content.start else 0)
    return unread.fill([*margin, *row] for row in texts)


def find_sheet_header(
    sample: Sequence[Sequence[str]], wanted: Collection[str] = ()
) -> SheetHeader | None:
    """Return the row that names the columns among the first rows; None if all are empty.

    1. The first row that holds all `wanted` names.
    2. The first row with more than one filled cell, and with half as many as the widest row: above
       it stand a title, a date, the name of the shop.
    3. The first filled row, as the name of the only column.
    """
    filled = [sum(map(bool, row)) for row in sample]
    widest = max(filled, default=0)
    candidates = [
        *(index for index, row in enumerate(sample) if wanted and {*wanted} <= {*row}),
        *(i for i, cells in enumerate(filled) if cells > 1 and cells >= HEADER_SHARE * widest),
        *(index for index, cells in enumerate(filled) if cells),
    ]
    if not candidates:
        return None
    index = candidates[0]
    return SheetHeader(index + 1, tuple(sample[index]), sum(map(bool, filled[:index])))
