"""Opens a CSV file: detects compression, encoding and delimiter, and streams its rows.

Files of any size are read in constant memory.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from settings.errors import OwnerFileError, SourceDataError
from settings.model import nearest

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = b"PK\x03\x04"  # a workbook, or an archive
CHUNK_BYTES = 1 << 20
DELIMITERS = (",", ";", "\t", "|")
SAMPLE_LINES = 20
WHITESPACE = None  # runs of spaces separate columns
# Spreadsheets and exports write '+351912000001 to keep a number from being calculated.
TEXT_MARK = re.compile(r"'(?=[0-9+=])")


@dataclass(frozen=True)
class Table:
    """A file with its detected encoding and delimiter, and its headings."""

    path: Path
    digest: str
    encoding: str
    delimiter: str | None
    columns: tuple[str, ...]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield line number and cells of each row that is not empty."""
        with open_unpacked(self.path) as packed, text_reader(packed, self.encoding) as lines:
            try:
                for number, fields in islice(split_rows(lines, self.delimiter), 1, None):
                    if any(field.strip() for field in fields):
                        yield number, [clean_cell(field) for field in fields]
            except csv.Error as error:
                raise SourceDataError(
                    f"{self.path.name} cannot be read as a table: {error}."
                ) from None

    def index_of(self, column: str, source: str) -> int:
        """Return a heading's index; raises `OwnerFileError` where it is missing or repeated."""
        indexes = [index for index, name in enumerate(self.columns) if name == column.strip()]
        if len(indexes) == 1:
            return indexes[0]
        if indexes:
            raise OwnerFileError(
                f'{self.path.name} has the column "{column}" {len(indexes)} times '
                f"(source {source}). Give each its own name."
            )
        suggestion = nearest(column, self.columns)
        hint = f' Did you mean "{suggestion}"?' if suggestion else ""
        raise OwnerFileError(
            f'{self.path.name} has no column "{column}" (source {source}).{hint} '
            f"It has: {', '.join(self.columns)}."
        )


def inspect_table(path: Path, source: str) -> Table:
    """Return the file's `Table`; raises `OwnerFileError` or `SourceDataError`."""
    try:
        if is_zip(path):
            raise SourceDataError(
                f"{path.name} is a workbook or a zip. Save it as CSV, and name that."
            )
        with open_unpacked(path) as packed:
            digest, encoding = digest_and_encoding(packed)
        with open_unpacked(path) as packed, text_reader(packed, encoding) as lines:
            sample = list(islice(lines, SAMPLE_LINES))
    except FileNotFoundError:
        raise OwnerFileError(missing_file_message(path, source)) from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise SourceDataError(f"{path.name} is packed, and broken. Export it again.") from None
    except OSError as refusal:
        raise OwnerFileError(f"{path.name} cannot be read: {refusal.strerror}.") from None
    if not sample or not sample[0].strip():
        raise SourceDataError(f"{path.name}: its first line must name the columns, and is empty.")
    delimiter = detect_delimiter(sample)
    _, header = next(split_rows(iter(sample), delimiter))
    return Table(path, digest, encoding, delimiter, tuple(name.strip() for name in header))


def is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(ZIP_MAGIC)) == ZIP_MAGIC


def is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(GZIP_MAGIC)) == GZIP_MAGIC


@contextmanager
def open_unpacked(path: Path) -> Iterator[BinaryIO]:
    """Yield the file's bytes, decompressed if they are gzip."""
    with path.open("rb") as file:
        if not is_packed(path):
            yield file
            return
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield cast("BinaryIO", unpacked)


def text_reader(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")


def digest_and_encoding(file: BinaryIO) -> tuple[str, str]:
    """Return the SHA-256 digest of the content and its encoding."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    first, utf8 = b"", True
    while chunk := file.read(CHUNK_BYTES):
        first = first or chunk[:2]
        digest.update(chunk)
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError:
            utf8 = False
    if first in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return digest.hexdigest(), "utf-16"
    # Windows-1252 is Latin-1 with the euro sign and curly quotes.
    return digest.hexdigest(), "utf-8-sig" if utf8 else "cp1252"


def detect_delimiter(sample: list[str]) -> str | None:
    """Return the delimiter that splits the first line into most cells; None for runs of spaces."""
    widths = {mark: len(next(csv.reader(sample, delimiter=mark))) for mark in DELIMITERS}
    best = max(widths, key=lambda mark: widths[mark])
    if widths[best] > 1:
        return best
    cell_counts = {len(line.split()) for line in sample if line.strip()}
    return WHITESPACE if len(cell_counts) == 1 and cell_counts != {1} else ","


def split_rows(lines: Iterator[str], delimiter: str | None) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells; the number is that of the row's last line."""
    if delimiter is WHITESPACE:
        for number, line in enumerate(lines, start=1):
            yield number, line.split()
        return
    reader = csv.reader(lines, delimiter=delimiter)
    for fields in reader:
        yield reader.line_num, fields


def clean_cell(cell: str) -> str:
    """Return `cell` without surrounding blanks and without a spreadsheet's mark of text."""
    stripped = cell.strip()
    return TEXT_MARK.sub("", stripped, count=1) if stripped.startswith("'") else stripped


def missing_file_message(path: Path, source: str) -> str:
    neighbours = [sibling.name for sibling in path.parent.iterdir()] if path.parent.is_dir() else []
    suggestion = nearest(path.name, neighbours)
    hint = f" Did you mean {suggestion}?" if suggestion else ""
    return f"There is no file {path} (source {source}).{hint}"
