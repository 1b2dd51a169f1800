"""Taking a backup apart. It may be damaged, cut off, not ours, or made to do harm."""

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
    LARGEST_MANIFEST,
    MANIFEST,
    SQUEEZED,
    Manifest,
    NoBackup,
    read_manifest,
)
from settings.errors import OutOfReach

LARGEST_READ = 1_000_000  # a header that wants more than this at once is no header of ours
BROKEN = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError, OverflowError)


class _Guarded(io.RawIOBase):
    """Lets nobody read more at once than fits in a hand: tarfile believes what headers say."""

    def __init__(self, inner: gzip.GzipFile) -> None:
        self._inner = inner

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= LARGEST_READ:
            raise NoBackup("This is no backup of Regulars: one of its headers is too large.")
        return self._inner.read(size)

    def seek(self, place: int, whence: int = 0) -> int:
        return self._inner.seek(place, whence)

    def tell(self) -> int:
        return self._inner.tell()


def unpack(file: Path, into: Path) -> Manifest:
    """Everything is in `into`, as its manifest says; else it raises."""
    try:
        with gzip.open(file, "rb") as inner:
            guarded = _Guarded(inner)
            with tarfile.open(fileobj=cast("IO[bytes]", guarded), mode="r:") as archive:
                manifest = _first(archive)
                _fits(manifest, file, into)
                _rest(archive, manifest, into)
    except BROKEN as error:
        raise NoBackup(f"{file.name} is no backup of Regulars, or it is damaged.") from error
    except OSError as refusal:
        raise _told(file, refusal) from refusal
    return manifest


def _told(file: Path, refusal: OSError) -> Exception:
    if refusal.errno is None:
        return NoBackup(f"{file.name} is no backup of Regulars, or it is damaged.")
    return OutOfReach(f"{file.name} could not be restored: {refusal.strerror}.")


def _first(archive: tarfile.TarFile) -> Manifest:
    entry = archive.next()
    if entry is None or entry.name != MANIFEST or not _is_plain(entry):
        raise NoBackup("This is no backup of Regulars.")
    if entry.size > LARGEST_MANIFEST:
        raise NoBackup("This is no backup of Regulars: its list is too large.")
    return read_manifest(_opened(archive, entry).read(entry.size))


def _fits(manifest: Manifest, file: Path, into: Path) -> None:
    """A small file that says it is a huge one is there to fill the disk."""
    whole = sum(one.size for one in manifest.members.values())
    if whole > file.stat().st_size * SQUEEZED:
        raise NoBackup("This is no backup of Regulars: it says that it is larger than it can be.")
    free = shutil.disk_usage(into).free
    if whole > free:
        raise OutOfReach(f"The backup needs {whole:,} bytes, and the disk has {free:,}.")


def _rest(archive: tarfile.TarFile, manifest: Manifest, into: Path) -> None:
    missing = set(manifest.members)
    while entry := archive.next():
        if entry.name not in missing or not _is_plain(entry):
            raise NoBackup(f"This backup holds what is not in its list: {entry.name[:100]!r}.")
        missing.remove(entry.name)
        member = manifest.members[entry.name]
        if entry.size != member.size:
            raise NoBackup(f"{entry.name} is not as large as the backup's list says.")
        if _written(_opened(archive, entry), into / entry.name) != member.sha256:
            raise NoBackup(f"{entry.name} is not what was backed up: its digest differs.")
    if missing:
        raise NoBackup(f"The backup is cut off: {', '.join(sorted(missing)[:3])} is missing.")


def _is_plain(entry: tarfile.TarInfo) -> bool:
    """No link, no folder, no device, no file with holes."""
    return entry.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not getattr(entry, "sparse", None)


def _opened(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    found = archive.extractfile(entry)
    if found is None:
        raise NoBackup("This is no backup of Regulars.")
    return found


def _written(content: IO[bytes], to: Path) -> str:
    to.parent.mkdir(parents=True, exist_ok=True)
    seen = hashlib.sha256()
    with os.fdopen(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
        while chunk := content.read(CHUNK):
            seen.update(chunk)
            out.write(chunk)
    return seen.hexdigest()
