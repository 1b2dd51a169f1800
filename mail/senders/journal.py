"""A journal of what was handed to a mail service; it survives the death of the process.

A note is one write without fsync, under a microsecond: the kernel keeps it when the process is
killed. After a crash of the whole machine, missing notes count as unknown.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Self

from mail.senders.protocol import RecallResult
from settings.errors import UnavailableError
from shop.db.workers import is_dead, is_same_boot

JOURNAL_FOLDER = Path(".regulars") / "handed-over"
STALE_SECONDS = 7 * 24 * 3600


class JournalMark(StrEnum):
    """The first character of a line."""

    SENDING = ">"  # noted before the first byte is sent
    ACCEPTED = "+"
    REJECTED = "-"


class Journal:
    """The notes of one delivery, in a file named after its `lease_owner`."""

    def __init__(self, folder: Path, lease_owner: str) -> None:
        self._path = _journal_path(folder, lease_owner)
        self._has_unsaved = False
        with _translate_write_errors(self._path):
            folder.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            self._size = 0
            self._write(f"{lease_owner}\n")
        self._head = self._size

    def note_sending(self, message_ids: Iterable[str]) -> None:
        """Notes that the service may have these from now on; raises UnavailableError where that
        cannot be noted.
        """
        self._has_unsaved = True
        with _translate_write_errors(self._path):
            self._note(JournalMark.SENDING, message_ids)

    def note_accepted(self, message_ids: Iterable[str]) -> None:
        """Notes that the service has these; a failed write only leaves them in doubt."""
        with suppress(OSError):
            self._note(JournalMark.ACCEPTED, message_ids)

    def note_rejected(self, message_ids: Iterable[str]) -> None:
        """Notes that the service does not have these."""
        with suppress(OSError):
            self._note(JournalMark.REJECTED, message_ids)

    def clear(self) -> None:
        """Removes all notes: their outcomes are in the database."""
        with suppress(OSError):
            os.ftruncate(self._file, self._head)
            self._size = self._head
            self._has_unsaved = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: object, *_: object) -> None:
        """Keeps the file after an error: messages may be marked as sending without a note."""
        os.close(self._file)
        if error is None and not self._has_unsaved:
            self._path.unlink(missing_ok=True)

    def _note(self, mark: JournalMark, message_ids: Iterable[str]) -> None:
        self._write("".join(f"{mark}{message_id}\n" for message_id in message_ids))

    def _write(self, lines: str) -> None:
        """Writes all `lines` or none: a torn line would corrupt the next."""
        encoded = lines.encode()
        try:
            written = os.pwrite(self._file, encoded, self._size)
        except OSError:
            written = 0
        if written < len(encoded):
            with suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise OSError(errno.ENOSPC, "no room is left")
        self._size += written


def recall_messages(folder: Path, leases: Mapping[str, str]) -> RecallResult:
    """Returns what the journals in `folder` say about messages that were cut off.

    `leases` maps message ids to lease owners. Without a readable journal, or with a note of sending
    and none of an answer, a message is in doubt.
    """
    journals = {
        lease_owner: _read_marks(_journal_path(folder, lease_owner))
        for lease_owner in set(leases.values())
    }
    accepted, in_doubt = set(), set()
    for message, lease_owner in leases.items():
        marks = journals[lease_owner]
        mark = marks.get(message) if marks is not None else JournalMark.SENDING
        if mark is None and not is_same_boot(_worker(lease_owner)):
            mark = JournalMark.SENDING
        if mark is JournalMark.ACCEPTED:
            accepted.add(message)
        elif mark is JournalMark.SENDING:
            in_doubt.add(message)
    return RecallResult(frozenset(accepted), frozenset(in_doubt))


def remove_journals(folder: Path, lease_owners: Collection[str]) -> None:
    """Removes the journals of these `lease_owners`, and stale ones."""
    for lease_owner in lease_owners:
        _journal_path(folder, lease_owner).unlink(missing_ok=True)
    for path in folder.glob("*.journal"):
        if _is_stale(path):
            path.unlink(missing_ok=True)


def _journal_path(folder: Path, lease_owner: str) -> Path:
    return folder / f"{lease_owner.partition('@')[0]}.journal"


def _worker(lease_owner: str) -> str:
    return lease_owner.partition("@")[2]


def _is_stale(path: Path) -> bool:
    """A week old, and its worker is dead."""
    try:
        is_old = time.time() - path.stat().st_mtime > STALE_SECONDS
        return is_old and is_dead(_worker(_read_text(path).partition("\n")[0]))
    except (OSError, ValueError):
        return False  # of another process, or damaged: harmless


def _read_marks(path: Path) -> dict[str, JournalMark] | None:
    """The latest mark of each message; None without a readable journal."""
    try:
        lines = _read_text(path).split("\n")[1:-1]  # text after the last newline is a torn line
    except OSError:
        return None
    valid = set(JournalMark)
    if any(line[:1] not in valid for line in lines):
        return None  # damaged: nothing in it is reliable
    return {line[1:]: JournalMark(line[0]) for line in lines}


def _read_text(path: Path) -> str:
    return path.read_bytes().decode(errors="replace")


@contextmanager
def _translate_write_errors(path: Path) -> Iterator[None]:
    """A journal that cannot be written stops the delivery before anything is sent."""
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            f"{path} cannot be written: {error.strerror}. Nothing is lost; "
            "make room or mend its rights, and run it again."
        ) from error
