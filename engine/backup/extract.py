"""Extracts a backup that may be damaged, truncated, foreign or malicious."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import tarfile
import zlib
from pathlib import Path
from typing import IO, cast

from engine.backup.manifest import (
    CHUNK,
    MANIFEST,
    MAX_COMPRESSION,
    MAX_MANIFEST,
    InvalidBackupError,
    Manifest,
    read_manifest,
)
from settings.errors import UnavailableError

MAX_READ = 1_000_000  # bytes; no header of a valid backup is larger
ARCHIVE_ERRORS = (
    tarfile.TarError,
    EOFError,
    zlib.error,
    gzip.BadGzipFile,
    ValueError,
    OverflowError,
)


class _LimitedReader(io.RawIOBase):
    """Limits the size of one read: tarfile trusts the sizes in headers."""

    def __init__(self, inner: gzip.GzipFile) -> None:
        self._inner = inner

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MAX_READ:
            raise InvalidBackupError(
                "This is no backup of Regulars: one of its headers is too large."
            )
        return self._inner.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        return self._inner.tell()


def unpack_backup(file: Path, into: Path) -> Manifest:
    """Extract `file` into the folder `into` and return its manifest.

    Every member must be listed in the manifest with its size and digest. Raises
    `InvalidBackupError`, or `UnavailableError` on I/O errors and lack of disk space.
    """
    try:
        with gzip.open(file, "rb") as compressed:
            limited = _LimitedReader(compressed)
            with tarfile.open(fileobj=cast("IO[bytes]", limited), mode="r:") as archive:
                manifest = _read_manifest(archive)
                _check_space(manifest, file, into)
                _extract_members(archive, manifest, into)
    except ARCHIVE_ERRORS as error:
        raise InvalidBackupError(
            f"{file.name} is no backup of Regulars, or it is damaged."
        ) from error
    except OSError as refusal:
        raise _translate_error(file, refusal) from refusal
    return manifest


def _translate_error(file: Path, refusal: OSError) -> Exception:
    if refusal.errno is None:
        return InvalidBackupError(f"{file.name} is no backup of Regulars, or it is damaged.")
    return UnavailableError(f"{file.name} could not be restored: {refusal.strerror}.")


def _read_manifest(archive: tarfile.TarFile) -> Manifest:
    entry = archive.next()
    if entry is None or entry.name != MANIFEST or not _is_regular(entry):
        raise InvalidBackupError("This is no backup of Regulars.")
    if entry.size > MAX_MANIFEST:
        raise InvalidBackupError("This is no backup of Regulars: its list is too large.")
    return read_manifest(_open_member(archive, entry).read(entry.size))


def _check_space(manifest: Manifest, file: Path, into: Path) -> None:
    """Protects against decompression bombs that would fill the disk."""
    total_size = sum(member.size for member in manifest.members.values())
    if total_size > file.stat().st_size * MAX_COMPRESSION:
        raise InvalidBackupError(
            "This is no backup of Regulars: it says that it is larger than it can be."
        )
    free_bytes = shutil.disk_usage(into).free
    if total_size > free_bytes:
        raise UnavailableError(
            f"The backup needs {total_size:,} bytes, and the disk has {free_bytes:,}."
        )


def _extract_members(archive: tarfile.TarFile, manifest: Manifest, into: Path) -> None:
    missing = set(manifest.members)
    while entry := archive.next():
        if entry.name not in missing or not _is_regular(entry):
            raise InvalidBackupError(
                f"This backup holds what is not in its list: {entry.name[:100]!r}."
            )
        missing.remove(entry.name)
        member = manifest.members[entry.name]
        if entry.size != member.size:
            raise InvalidBackupError(f"{entry.name} is not as large as the backup's list says.")
        if _write_member(_open_member(archive, entry), into / entry.name) != member.sha256:
            raise InvalidBackupError(f"{entry.name} is not what was backed up: its digest differs.")
    if missing:
        raise InvalidBackupError(
            f"The backup is cut off: {', '.join(sorted(missing)[:3])} is missing."
        )


def _is_regular(entry: tarfile.TarInfo) -> bool:
    """No link, directory, device or sparse file."""
    return entry.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not getattr(entry, "sparse", None)


def _open_member(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    member = archive.extractfile(entry)
    if member is None:
        raise InvalidBackupError("This is no backup of Regulars.")
    return member


def _write_member(content: IO[bytes], target: Path) -> str:
    target.parent.mkdir(parents=True, exist_ok=True)
    sha256 = hashlib.sha256()
    with os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as output:
        while chunk := content.read(CHUNK):
            sha256.update(chunk)
            output.write(chunk)
    return sha256.hexdigest()
