"""The file of a journal while its delivery writes it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from mail.senders.journal_format import (
    EMPTY_SLOT,
    SLOT_BYTES,
    JournalMark,
    encode_head,
    encode_note,
    note_seed,
)

SLOTS = 640  # for a batch of 200: each is planned, begun and answered

_write_to_disk = getattr(os, "fdatasync", os.fsync)


class JournalFile:
    """Raises OSError where it cannot be written. `holder` is the lease owner.

    The file is locked for as long as the process lives, which every process on this machine can
    see, in other containers too.
    """

    def __init__(self, path: Path, holder: str) -> None:
        self._holder = holder
        self._batch = 0
        self._file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        self._is_locked = _lock(self._file)
        self._start = self._end = len(encode_head(holder, 0, 0, is_locked=False))
        self.begin_batch()
        _sync_folder(path.parent)

    def begin_batch(self) -> None:
        """Empties the file. A kill in between leaves a whole journal."""
        self._batch += 1
        self._seed = note_seed(self._holder, self._batch)
        slots = max(SLOTS, (self._end - self._start) // SLOT_BYTES)
        self._position = self._end = self._start
        self._write_head()
        self._add_slots(slots)

    def append(self, mark: JournalMark, message_ids: Iterable[str]) -> None:
        """Writes a note for each of `message_ids`."""
        notes = b"".join([encode_note(self._seed, mark, message_id) for message_id in message_ids])
        missing = self._position + len(notes) - self._end
        if missing > 0:
            self._add_slots(SLOTS + missing // SLOT_BYTES)
        try:
            self._write(notes, self._position)
        except OSError:
            with suppress(OSError):  # a torn note would make the whole journal worthless
                self._write(EMPTY_SLOT * (len(notes) // SLOT_BYTES), self._position)
            raise
        self._position += len(notes)

    def sync(self) -> None:
        """Returns when all that was written before is on the disk."""
        _write_to_disk(self._file)

    def close(self) -> None:
        os.close(self._file)

    def _add_slots(self, slots: int) -> None:
        """Writes the slots before the head that counts them."""
        self._write(EMPTY_SLOT * slots, self._end)
        self._end += slots * SLOT_BYTES
        self._write_head()

    def _write_head(self) -> None:
        slots = (self._end - self._start) // SLOT_BYTES
        self._write(encode_head(self._holder, self._batch, slots, is_locked=self._is_locked), 0)

    def _write(self, content: bytes, position: int) -> None:
        if os.pwrite(self._file, content, position) < len(content):
            raise OSError(errno.ENOSPC, "no room is left")


def is_locked_by_another(path: Path) -> bool:
    """Whether the process that wrote the journal at `path` still has it open, as far as the file
    system tells.
    """
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _lock(file, is_shared=True)
    finally:
        os.close(file)


def _lock(file: int, *, is_shared: bool = False) -> bool:
    """Not every network drive can do it, nor Windows."""
    try:
        import fcntl

        fcntl.flock(file, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except (OSError, ModuleNotFoundError):
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Without this a power cut may take the name of a new file with it."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
