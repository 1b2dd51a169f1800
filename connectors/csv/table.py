"""Opens a table: finds the line that names the columns and the delimiter, and streams its rows.

CSV files of any size are read in constant memory; the sheet of a workbook is held while it is read.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

from connectors.csv.files.archive import StoredFile, open_stored
from connectors.csv.files.file_kind import FileKind
from connectors.csv.files.workbook import Sheet, open_sheet
from connectors.csv.row_reader import (
    WHITESPACE,
    TableRow,
    clean_cell,
    naive_cells,
    parse_quoted,
    split_rows,
)
from connectors.csv.text_lines import (
    Encoding,
    LineTooLongError,
    decoded_lines,
    digest_and_encoding,
    is_packed,
    open_unpacked,
)
from settings.errors import OwnerFileError, SourceDataError
from settings.model import nearest

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_LINES = 20
# Excel and LibreOffice write and read a first line that names the delimiter.
DELIMITER_LINE = re.compile(r'"?sep=(.|\\t)"?[,;\t|]*', re.IGNORECASE)
# So many short rows, and such a share of all rows, show that the file omits empty cells at the end.
MIN_SHORT_ROWS, SHORT_ROW_SHARE = 10, 0.2
DELIMITER_NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar", None: "a blank"}
DELIMITER_LABELS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", None: "blanks"}
MAX_COLUMNS = 4_000
TOO_WIDE = (
    "{} has {:,} columns, and {:,} can be read. Delete those that say nothing about customers, "
    "orders or answers, and name what is left."
)
NO_LINES = "{} has a line of more than 16 MB, so it is no table of rows."
REPEATED_HEADER = "The line names the columns once more, and is no row."
OTHER_HEADER = (
    "Further up a line names the columns in another order, so it is not known what stands where. "
    "Import the two parts as two files."
)
TOTALS_LINE = "The line seems to hold the totals of the table, and is no row."
TOTALS_WORD = re.compile(
    r"(grand |sub)?totals?:?|(gesamt)?summe:?|gesamt:?|insgesamt:?|soma:?|suma:?|sum:?|totale:?|"
    r"totaal:?|totaux:?|total (geral|general|général):?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Header:
    """The line that names the columns; it ends with line number `last_line` of the file."""

    delimiter: str | None
    columns: tuple[str, ...]
    last_line: int
    skipped_lines: int = 0  # lines above it that are neither empty nor `sep=`


@dataclass(frozen=True)
class Table:
    """A file with the line that names its columns; `description` says how it is written.

    It has an `encoding` if it is text, and a `sheet` if it is a workbook.
    """

    path: Path
    digest: str
    header: Header
    description: str
    encoding: Encoding | None = None
    sheet: Sheet | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The file's name, with that of the sheet if it has several."""
        if self.sheet is None or self.sheet.is_only_one:
            return self.path.name
        return f"{self.sheet.file_name}, sheet {self.sheet.name}"

    @property
    def unread_note(self) -> str | None:
        """What the owner should know about formulas of a workbook whose values are not in it."""
        return self.sheet.unread_note if self.sheet else None

    @property
    def delimiter(self) -> str | None:
        """The delimiter; None for runs of spaces."""
        return self.header.delimiter

    @property
    def columns(self) -> tuple[str, ...]:
        """The headings."""
        return self.header.columns

    @cached_property
    def widths(self) -> range:
        """The numbers of cells that a row may have: columns at the end may be without a name."""
        named = [index for index, name in enumerate(self.columns, start=1) if name]
        return range(max(named, default=1), len(self.columns) + 1)

    @cached_property
    def omits_empty_cells(self) -> bool:
        """Whether the file as a whole leaves out empty cells at the end; reads the whole file."""
        rows = Counter(
            len(row.cells) < self.widths.start
            for row in self._split()
            if not row.fault and any(row.cells)
        )
        return rows[True] >= max(MIN_SHORT_ROWS, SHORT_ROW_SHARE * rows.total())

    def rows(self) -> Iterator[TableRow]:
        """Yield each row that is not empty, with what is wrong with it as a whole."""
        header, names, is_other_header = [*self.columns], {*self.columns}, False
        for row in self._split():
            if not any(row.cells):
                continue
            if row.fault is None and row.cells[0] in names and sorted(row.cells) == sorted(header):
                is_other_header = row.cells != header
                yield row._replace(fault=REPEATED_HEADER)
            elif is_other_header:
                yield row._replace(fault=OTHER_HEADER)
            else:
                fault = row.fault or self._fault(row.cells)
                yield row._replace(fault=fault) if fault else row

    def _split(self) -> Iterator[TableRow]:
        if self.sheet is not None:
            return (TableRow(number, cells) for number, cells in self.sheet.rows())
        encoding = self.encoding or Encoding("utf-8")
        lines = islice(read_lines(self.path, encoding), self.header.last_line, None)
        return split_rows(lines, self.delimiter, self.widths, self.header.last_line)

    def _fault(self, cells: list[str]) -> str | None:
        """Return why a row cannot be used, for example because it has too few cells."""
        first = cells[0] or next(filter(None, cells))
        if TOTALS_WORD.fullmatch(first) and not any("@" in cell for cell in cells):
            return TOTALS_LINE
        columns, a_delimiter = len(self.columns), DELIMITER_NAMES.get(self.delimiter, "the mark")
        if len(cells) > columns and any(cells[columns:]):
            return (
                f"The row has {len(cells)} cells, and the line of column names has {columns}. "
                f"Put a cell that holds {a_delimiter} in quotation marks."
            )
        if len(cells) < self.widths.start and not self.omits_empty_cells:
            return (
                f"The row has only {len(cells)} of {self.widths.start} cells, so it is not known "
                "what stands where. Complete the line, with nothing between the marks where a "
                "cell is empty."
            )
        return None

    def index_of(self, column: str, source: str) -> int:
        """Return a heading's index; raises `OwnerFileError` where it is missing or repeated."""
        indexes = [index for index, name in enumerate(self.columns) if name == column.strip()]
        if len(indexes) == 1:
            return indexes[0]
        if indexes:
            raise OwnerFileError(
                f'{self.name} has the column "{column}" {len(indexes)} times '
                f"(source {source}). Give each its own name."
            )
        suggestion = nearest(column, self.columns)
        hint = f' Did you mean "{suggestion}"?' if suggestion else ""
        raise OwnerFileError(
            f'{self.name} has no column "{column}" (source {source}).{hint} '
            f"It has: {', '.join(self.columns)}."
        )


def inspect_table(path: Path, source: str, columns: Collection[str] = ()) -> Table:
    """Return the `Table` at `path`, whatever kind of file it is.

    `columns` are names that the line of column names must hold, if they are known: then lines
    above it are left out. Raises `OwnerFileError` or `SourceDataError`.
    """
    wanted = {name.strip() for name in columns}
    try:
        table = _inspect(path, wanted)
    except LineTooLongError:
        raise SourceDataError(NO_LINES.format(path.name)) from None
    except FileNotFoundError:
        raise OwnerFileError(missing_file_message(path, source)) from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise SourceDataError(f"{path.name} is packed, and broken. Export it again.") from None
    except OSError as refusal:
        raise OwnerFileError(f"{path.name} cannot be read: {refusal.strerror}.") from None
    if len(table.columns) > MAX_COLUMNS:
        raise SourceDataError(TOO_WIDE.format(path.name, len(table.columns), MAX_COLUMNS))
    return table


def _inspect(path: Path, wanted: Collection[str]) -> Table:
    with open_stored(path) as stored:
        if stored.kind is FileKind.WORKBOOK:
            return _inspect_sheet(stored, path, wanted)
        packing = ", packed with gzip" if is_packed(stored.file) else ""
        packing += f", in {stored.archive}" if stored.archive else ""
    return _inspect_text(path, packing, wanted)


def _inspect_sheet(stored: StoredFile, path: Path, wanted: Collection[str]) -> Table:
    file_name = path.parent.name if stored.sheet else path.name
    sheet = open_sheet(stored.file, file_name, stored.sheet, wanted)
    header = Header(WHITESPACE, sheet.header.columns, sheet.header.row, sheet.header.skipped)
    packing = f", in {stored.archive}" if stored.archive else ""
    return Table(path, sheet.digest, header, f"a workbook{packing}", sheet=sheet)


def _inspect_text(path: Path, packing: str, wanted: Collection[str]) -> Table:
    with open_unpacked(path) as unpacked:
        digest, encoding = digest_and_encoding(unpacked)
    header = find_header(list(islice(read_lines(path, encoding), SAMPLE_LINES)), wanted)
    if header is None:
        raise SourceDataError(f"{path.name}: its first line must name the columns, and is empty.")
    mark = DELIMITER_LABELS.get(header.delimiter, f'"{header.delimiter}"')
    description = f"{mark} between columns, written in {encoding}{packing}"
    return Table(path, digest, header, description, encoding)


def read_lines(path: Path, encoding: Encoding) -> Iterator[str]:
    """Yield the file's lines of text; raises `SourceDataError` where it has none."""
    try:
        with open_unpacked(path) as unpacked:
            yield from decoded_lines(unpacked, encoding)
    except LineTooLongError:
        raise SourceDataError(NO_LINES.format(path.name)) from None


def find_header(sample: Sequence[str], wanted: Collection[str] = ()) -> Header | None:
    """Return the line that names the columns, in the first lines of a file; None if all are empty.

    1. The first line that holds all `wanted` names, whatever stands above it.
    2. The first line of words that stand in columns apart by runs of spaces.
    3. The first line with more than one cell; a single cell above it is a title.
    4. The first line, as the name of the only column.
    """
    begin = next((index for index, line in enumerate(sample) if line.strip()), len(sample))
    delimiters: Sequence[str] = DELIMITERS
    if begin < len(sample) and (match := DELIMITER_LINE.fullmatch(sample[begin].strip("\r\n "))):
        delimiters = ("\t" if match[1] == "\\t" else match[1],)
        begin = next((i for i in range(begin + 1, len(sample)) if sample[i].strip()), len(sample))
    if begin == len(sample):
        return None
    headers = [header for mark in delimiters for header in _candidates(sample, begin, mark)]
    spaced = _spaced_header(sample, begin)
    complete = [
        header
        for header in [*headers, *([spaced] if spaced else [])]
        if wanted and set(wanted) <= {*header.columns}
    ]
    with_cells = [header for header in headers if sum(map(bool, header.columns)) > 1]
    first_line = min((header.last_line for header in with_cells), default=0)
    if not complete and spaced and first_line != spaced.last_line:
        return spaced
    highest = [header for header in with_cells if header.last_line == first_line]
    candidates = complete or highest or headers[:1]
    return max(candidates, key=lambda header: len(header.columns), default=None)


def _candidates(sample: Sequence[str], begin: int, delimiter: str) -> Iterator[Header]:
    """Yield every line of `sample` from index `begin` on as a header."""
    index, skipped = begin, 0
    while index < len(sample):
        lines = iter(sample[index:])
        quoted = parse_quoted(lines, delimiter) if '"' in sample[index] else None
        last_line = len(sample) - len([*lines]) if quoted else index + 1
        cells = [clean_cell(cell) for cell in quoted or naive_cells(sample[index], delimiter)]
        if any(cells):
            yield Header(delimiter, tuple(cells), last_line, skipped)
            skipped += 1
        index = last_line


def _spaced_header(sample: Sequence[str], begin: int) -> Header | None:
    """Return the line at `begin` if runs of spaces part all lines into the same number of cells."""
    cell_counts = {len(line.split()) for line in sample[begin:] if line.strip()}
    if len(cell_counts) != 1 or cell_counts == {1}:
        return None
    return Header(WHITESPACE, tuple(sample[begin].split()), begin + 1)


def missing_file_message(path: Path, source: str) -> str:
    neighbours = [sibling.name for sibling in path.parent.iterdir()] if path.parent.is_dir() else []
    suggestion = nearest(path.name, neighbours)
    hint = f" Did you mean {suggestion}?" if suggestion else ""
    return f"There is no file {path} (source {source}).{hint}"
