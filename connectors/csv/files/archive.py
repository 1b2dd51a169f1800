"""Files inside a zip as it was downloaded; nothing is written to disk.

A file in a zip is named by a path: `export.zip/subscribed.csv`. Because exports carry a new number
in each of their names, `export.zip/subscribed*.csv` names the one file that fits.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO, cast

from connectors.csv.files.file_kind import HEAD_BYTES, FileKind, file_kind, may_hold_rows
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
NOTHING_IN_IT = "{} holds no table: no CSV file and no workbook."


def archive_members(path: Path) -> list[Path]:
    """Return the tables in the zip at `path`, as paths that `file:` and `inspect_table` accept.

    They are in the order of the zip: `[export.zip/subscribed.csv, export.zip/cleaned.csv]`. Any
    other file, a workbook too, is its own only member: `[path]`. Raises `OwnerFileError` where the
    file is missing, `SourceDataError` where the zip is broken, protected, too large or holds none.
    """
    if split_member(path) is not None:
        return [path]
    try:
        with path.open("rb") as file:
            if file_kind(file, path.name) is not FileKind.ARCHIVE:
                return [path]
            return [path / name for name in _table_names(file, path.name)]
    except FileNotFoundError:
        raise OwnerFileError(f"There is no file {path}.") from None
    except OSError as refusal:
        raise OwnerFileError(f"{path.name} cannot be read: {refusal.strerror}.") from None


def split_member(path: Path) -> tuple[Path, str] | None:
    """Return the zip and the name inside it; None where `path` names no file inside another."""
    if path.exists():
        return None
    outer = next((parent for parent in path.parents if parent.is_file()), None)
    return (outer, path.relative_to(outer).as_posix()) if outer else None


def describe_archive(path: Path) -> str:
    """Return ", in export.zip" for a file inside a zip."""
    outer, _ = split_member(path) or (path, None)
    with outer.open("rb") as file:
        is_archive = file_kind(file, outer.name) is FileKind.ARCHIVE
    return f", in {outer.name}" if is_archive else ""


@contextmanager
def open_stored(path: Path) -> Iterator[BinaryIO]:
    """Yield the bytes of a file, or of a file inside a zip; both can be rewound.

    Of a zip without a named file it is the only table in it. Raises `OwnerFileError` or
    `SourceDataError`, also while the file is read; `OSError` where `path` cannot be opened.
    """
    outer, name = split_member(path) or (path, None)
    with outer.open("rb") as file:
        kind = file_kind(file, outer.name)
        if kind is FileKind.WORKBOOK:
            raise SourceDataError(f"{outer.name} is a workbook. Save it as CSV, and name that.")
        is_archive = kind is FileKind.ARCHIVE
        if name is not None and not is_archive:
            raise OwnerFileError(f"{outer.name} is no zip, so there is no {name} in it.")
        if not is_archive:
            yield file
            return
        with _open_member(file, outer.name, name) as member:
            yield member


@contextmanager
def _open_member(file: BinaryIO, archive_name: str, name: str | None) -> Iterator[BinaryIO]:
    label = f"{archive_name}/{name}" if name else archive_name
    try:
        with zipfile.ZipFile(file) as archive:
            part = _choose_part(archive, archive_name, name)
            with archive.open(part) as member:
                yield cast("BinaryIO", member)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise SourceDataError(BROKEN.format(label)) from None
    except NotImplementedError:
        raise SourceDataError(UNSUPPORTED.format(label)) from None


def _choose_part(archive: zipfile.ZipFile, archive_name: str, name: str | None) -> zipfile.ZipInfo:
    names = _table_names(cast("BinaryIO", archive.fp), archive_name)
    chosen = names if name is None else _matching_names(name, names)
    if len(chosen) == 1:
        return _checked_part(archive, archive_name, chosen[0])
    if not chosen:
        suggestion = nearest(name or "", names)
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
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise SourceDataError(BROKEN.format(archive_name)) from None
    if not names:
        raise SourceDataError(NOTHING_IN_IT.format(archive_name))
    return names


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
