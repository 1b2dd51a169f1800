"""A file of rows as it comes: packed or not, in whatever alphabet, with whatever between columns.

Read as a stream, so that its size does not matter.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from settings.errors import DataTrouble, OwnersFileTrouble
from settings.model import nearest

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"  # a workbook, or a folder packed
CHUNK = 1 << 20
BETWEEN_COLUMNS = (",", ";", "\t", "|")
LOOKED_AT = 20
BLANKS = None  # runs of blanks between columns, however long


@dataclass(frozen=True)
class Table:
    """What must be known to read the rows of a file."""

    path: Path
    digest: str
    encoding: str
    delimiter: str | None
    columns: tuple[str, ...]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row that has anything in it, with the number of its line."""
        with opened(self.path) as packed, as_text(packed, self.encoding) as lines:
            try:
                for number, fields in islice(split(lines, self.delimiter), 1, None):
                    if any(field.strip() for field in fields):
                        yield number, [field.strip() for field in fields]
            except csv.Error as error:
                raise DataTrouble(f"{self.path.name} cannot be read as a table: {error}.") from None

    def place_of(self, column: str, source: str) -> int:
        """Where a column that the owner named stands."""
        found = [place for place, name in enumerate(self.columns) if name == column.strip()]
        if len(found) == 1:
            return found[0]
        if found:
            raise OwnersFileTrouble(
                f'{self.path.name} has the column "{column}" {len(found)} times (source {source}). '
                "Give each its own name."
            )
        near = nearest(column, self.columns)
        meant = f' Did you mean "{near}"?' if near else ""
        raise OwnersFileTrouble(
            f'{self.path.name} has no column "{column}" (source {source}).{meant} '
            f"It has: {', '.join(self.columns)}."
        )


def look_at(path: Path, source: str) -> Table:
    """Everything about a file that its rows do not say themselves."""
    try:
        if is_zip(path):
            raise DataTrouble(f"{path.name} is a workbook or a zip. Save it as CSV, and name that.")
        with opened(path) as packed:
            digest, encoding = read_through(packed)
        with opened(path) as packed, as_text(packed, encoding) as lines:
            beginning = list(islice(lines, LOOKED_AT))
    except FileNotFoundError:
        raise OwnersFileTrouble(missing(path, source)) from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise DataTrouble(f"{path.name} is packed, and broken. Export it again.") from None
    except OSError as refusal:
        raise OwnersFileTrouble(f"{path.name} cannot be read: {refusal.strerror}.") from None
    if not beginning or not beginning[0].strip():
        raise DataTrouble(f"{path.name}: its first line must name the columns, and is empty.")
    delimiter = between_columns(beginning)
    _, header = next(split(iter(beginning), delimiter))
    return Table(path, digest, encoding, delimiter, tuple(name.strip() for name in header))


def is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(ZIP)) == ZIP


def is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(GZIP)) == GZIP


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked where they are packed."""
    with path.open("rb") as file:
        if not is_packed(path):
            yield file
            return
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield cast("BinaryIO", unpacked)


def as_text(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")


def read_through(file: BinaryIO) -> tuple[str, str]:
    """The digest of all there is, and how it is written."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    first, utf8 = b"", True
    while chunk := file.read(CHUNK):
        first = first or chunk[:2]
        digest.update(chunk)
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError:
            utf8 = False
    if first in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return digest.hexdigest(), "utf-16"
    # Windows' own form of Latin-1, where it differs, has the euro sign and curly quotes.
    return digest.hexdigest(), "utf-8-sig" if utf8 else "cp1252"


def between_columns(beginning: list[str]) -> str | None:
    """What stands between columns: of several, what makes most columns of the first line."""
    widths = {mark: len(next(csv.reader(beginning, delimiter=mark))) for mark in BETWEEN_COLUMNS}
    best = max(widths, key=lambda mark: widths[mark])
    if widths[best] > 1:
        return best
    blanks = {len(line.split()) for line in beginning if line.strip()}
    return BLANKS if len(blanks) == 1 and blanks != {1} else ","


def split(lines: Iterator[str], delimiter: str | None) -> Iterator[tuple[int, list[str]]]:
    """Rows with the number of the line each ends on."""
    if delimiter is BLANKS:
        for number, line in enumerate(lines, start=1):
            yield number, line.split()
        return
    reader = csv.reader(lines, delimiter=delimiter)
    for fields in reader:
        yield reader.line_num, fields


def missing(path: Path, source: str) -> str:
    here = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    near = nearest(path.name, here)
    meant = f" Did you mean {near}?" if near else ""
    return f"There is no file {path} (source {source}).{meant}"
