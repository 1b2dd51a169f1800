"""Files inside a zip as it was downloaded; nothing is written to disk.

A file in a zip is named by a path: `export.zip/subscribed.csv`. Because exports carry a new number
in each of their names, `export.zip/subscribed*.csv` names the one file that fits.
"""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from connectors.csv.files.file_kind import DAMAGE, HEAD_BYTES, FileKind, file_kind, may_hold_rows
from connectors.csv.files.workbook import table_sheets
from settings.errors import OwnerFileError, SourceDataError
from settings.model import nearest

MAX_PARTS = 1_000
MAX_UNPACKED_BYTES = 2 << 30
HIDDEN = ("__MACOSX/", ".")
ENCRYPTED = 0x1
TOO_MANY = "{} holds more than {:,} files. Unpack it, and name the file in it."
TOO_LARGE = "{}: {} would be more than 2 GB when unpacked, so it is not read."
PROTECTED = "{} is protected with a password. Save it without one, and name that."
BROKEN = "{} is broken, or not complete. Download it again."
UNSUPPORTED = "{} is packed in a way that cannot be read. Unpack it, and name the file in it."
NESTED = "{} is a zip in a zip: unpack {}, and name the file in it."
NOTHING_INSIDE = "{} is no zip and no workbook, so there is no {} in it."
OUTSIDE = "{} is not read: {} in it would lie outside of it. Unpack it, and name the file."
NOTHING_IN_IT = "{} holds no table: no CSV file and no workbook."


@dataclass(frozen=True)
class StoredFile:
    """An open file; `archive` is the name of the zip it is in, `sheet` that of a workbook's."""

    file: BinaryIO
    kind: FileKind
    sheet: str | None = None
    archive: str | None = None


def archive_members(path: Path) -> list[Path]:
    """Return the tables in the file at `path`, as paths that `file:` and `inspect_table` accept.

    Those in a zip are in its order: `[export.zip/subscribed.csv, export.zip/cleaned.csv]`. A
    workbook with several sheets has one for each: `[book.xlsx/Customers, book.xlsx/Orders]`. Any
    other file is its own only member: `[path]`. Raises `OwnerFileError` where the file is missing,
    `SourceDataError` where it is broken, protected, too large or holds no table.
    """
    try:
        outer, inner = split_path(path)
        with outer.open("rb") as file:
            is_archive = not inner and file_kind(file, path.name) is FileKind.ARCHIVE
            names = _table_names(file, path.name) if is_archive else ()
        if is_archive:
            return [table for name in names for table in _sheets_of_member(path / name)]
        return _sheet_paths(path)
    except FileNotFoundError:
        raise OwnerFileError(f"There is no file {path}.") from None
    except OSError as refusal:
        raise OwnerFileError(f"{path.name} cannot be read: {refusal.strerror}.") from None


def _sheets_of_member(path: Path) -> list[Path]:
    """Return what is in a file of a zip; one that cannot be read is refused when it is used."""
    try:
        return _sheet_paths(path)
    except (OwnerFileError, SourceDataError):
        return [path]


def _sheet_paths(path: Path) -> list[Path]:
    with open_stored(path) as stored:
        if stored.kind is not FileKind.WORKBOOK or stored.sheet is not None:
            return [path]
        names = table_sheets(stored.file, path.name)
    return [path] if len(names) == 1 else [path / name for name in names]


def split_path(path: Path) -> tuple[Path, str]:
    """Return the file on the disk, and what follows its name: a file in it, a sheet, or nothing.

    Raises `OwnerFileError` for a name that no file can have.
    """
    if "\0" in str(path):
        raise OwnerFileError("A file's name holds a zero byte. Type the name again.")
    if path.exists():
        return path, ""
    outer = next((parent for parent in path.parents if parent.is_file()), None)
    return (outer, path.relative_to(outer).as_posix()) if outer else (path, "")


@contextmanager
def open_stored(path: Path) -> Iterator[StoredFile]:
    """Yield a file, or one inside a zip, of which nothing is read yet; both can be rewound.

    Of a zip without a named file it is the only table in it. Raises `OwnerFileError` or
    `SourceDataError`, also while the file is read; `OSError` where `path` cannot be opened.
    """
    outer, inner = split_path(path)
    with outer.open("rb") as file:
        kind = file_kind(file, outer.name)
        if kind is FileKind.ARCHIVE:
            with _open_member(file, outer.name, inner) as stored:
                yield stored
            return
        if inner and kind is FileKind.TEXT:
            raise OwnerFileError(NOTHING_INSIDE.format(outer.name, inner))
        yield StoredFile(file, kind, sheet=inner or None)


@contextmanager
def _open_member(file: BinaryIO, archive_name: str, name: str) -> Iterator[StoredFile]:
    label = f"{archive_name}/{name}" if name else archive_name
    try:
        with zipfile.ZipFile(file) as archive:
            part, sheet = _choose_part(archive, archive_name, name)
            with archive.open(part) as opened:
                member = cast("BinaryIO", opened)
                kind = file_kind(member, part.filename)
                if kind is FileKind.ARCHIVE:
                    raise SourceDataError(NESTED.format(label, archive_name))
                if sheet and kind is FileKind.TEXT:
                    raise OwnerFileError(NOTHING_INSIDE.format(part.filename, sheet))
                yield StoredFile(member, kind, sheet, archive_name)
    except DAMAGE:
        raise SourceDataError(BROKEN.format(label)) from None
    except OSError as error:
        _raise_if_of_the_disk(error)
        raise SourceDataError(BROKEN.format(label)) from None
    except NotImplementedError:
        raise SourceDataError(UNSUPPORTED.format(label)) from None


def _choose_part(
    archive: zipfile.ZipFile, archive_name: str, name: str
) -> tuple[zipfile.ZipInfo, str | None]:
    """Return the part called `name`, and the sheet whose name follows that of the part."""
    names = _table_names(cast("BinaryIO", archive.fp), archive_name)
    chosen, sheet = (_matching_names(name, names), None) if name else (names, None)
    if not chosen and "/" in name:
        part_name, _, last = name.rpartition("/")
        chosen, sheet = _matching_names(part_name, names), last
    if len(chosen) == 1:
        return _checked_part(archive, archive_name, chosen[0]), sheet
    if not chosen:
        suggestion = nearest(name, names)
        hint = f" Did you mean {suggestion}?" if suggestion else ""
        raise OwnerFileError(f"{archive_name} has no {name}.{hint} It holds: {', '.join(names)}.")
    which = f"{name} fits {len(chosen)} files of it" if name else f"holds {len(chosen)} tables"
    raise OwnerFileError(
        f"{archive_name} {which}: {', '.join(chosen)}. "
        f"Name one of them, like file: {archive_name}/{chosen[0]}"
    )


def _matching_names(name: str, names: Collection[str]) -> list[str]:
    """Return the `name` itself, else those that fit it as a pattern."""
    return [name] if name in names else [each for each in names if fnmatchcase(each, name)]


def _table_names(file: BinaryIO, archive_name: str) -> list[str]:
    """Return the names of the parts that may be tables; those of the system are left out."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = _visible_parts(archive.infolist())
            if len(parts) > MAX_PARTS:
                raise SourceDataError(TOO_MANY.format(archive_name, MAX_PARTS))
            if parts and all(part.flag_bits & ENCRYPTED for part in parts):
                raise SourceDataError(PROTECTED.format(archive_name))
            names = [part.filename for part in parts if _may_be_table(archive, part)]
    except DAMAGE:
        raise SourceDataError(BROKEN.format(archive_name)) from None
    except OSError as error:
        _raise_if_of_the_disk(error)
        raise SourceDataError(BROKEN.format(archive_name)) from None
    for name in filter(_lies_outside, names):
        raise SourceDataError(OUTSIDE.format(archive_name, name))
    if not names:
        raise SourceDataError(NOTHING_IN_IT.format(archive_name))
    return names


def _lies_outside(name: str) -> bool:
    """Return whether a path of the zip and `name` would be that of a file on the disk."""
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts


def _raise_if_of_the_disk(error: OSError) -> None:
    """Raises `error` again unless it is that of packed data, which has no number."""
    if error.errno is not None:
        raise error


def _visible_parts(parts: Sequence[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Return the files; of two with one name the last, as any program that unpacks would."""
    by_name = {part.filename: part for part in parts if not part.is_dir()}
    return [
        part
        for name, part in by_name.items()
        if not name.startswith(HIDDEN) and not name.rpartition("/")[2].startswith(".")
    ]


def _may_be_table(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    if part.flag_bits & ENCRYPTED:
        return True  # it is refused with its reason when it is opened
    try:
        with archive.open(part) as member:
            return may_hold_rows(member.read(HEAD_BYTES))
    except NotImplementedError:
        return True


def _checked_part(archive: zipfile.ZipFile, archive_name: str, name: str) -> zipfile.ZipInfo:
    """Return the part; `zipfile` yields at most the size that it declares, and checks its sum."""
    part = archive.getinfo(name)
    if part.flag_bits & ENCRYPTED:
        raise SourceDataError(PROTECTED.format(f"{archive_name}/{name}"))
    if part.file_size > MAX_UNPACKED_BYTES:
        raise SourceDataError(TOO_LARGE.format(archive_name, name))
    return part
