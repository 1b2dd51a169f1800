"""What was handed to a mail service, noted so that it outlives the death of its process.

A note is one write to a file and no fsync: under a microsecond, and the kernel keeps it whatever
becomes of the process. What a crash of the whole machine may have lost counts as unknown.
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
    SENDING = ">"  # noted before the first byte leaves
    ACCEPTED = "+"
    REJECTED = "-"


class Journal:
    """The notes of one delivery."""

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
        """From now on the service may have them; `UnavailableError` where that cannot be noted."""
        self._has_unsaved = True
        with _translate_write_errors(self._path):
            self._note(JournalMark.SENDING, message_ids)

    def note_accepted(self, message_ids: Iterable[str]) -> None:
        """The service has them; without this note they would be in doubt, no worse."""
        with suppress(OSError):
            self._note(JournalMark.ACCEPTED, message_ids)

    def note_rejected(self, message_ids: Iterable[str]) -> None:
        """The service said that it has them not."""
        with suppress(OSError):
            self._note(JournalMark.REJECTED, message_ids)

    def clear(self) -> None:
        """All that is noted is in the database."""
        with suppress(OSError):
            os.ftruncate(self._file, self._head)
            self._size = self._head
            self._has_unsaved = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: object, *_: object) -> None:
        """Whoever breaks off may have marked mails as going that were never noted: it stays."""
        os.close(self._file)
        if error is None and not self._has_unsaved:
            self._path.unlink(missing_ok=True)

    def _note(self, mark: JournalMark, message_ids: Iterable[str]) -> None:
        self._write("".join(f"{mark}{message_id}\n" for message_id in message_ids))

    def _write(self, lines: str) -> None:
        """Whole or not at all: half a line would spoil the next."""
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
    """What the journals say of these; what none of them vouches for may have gone."""
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
    """Remove what these left behind, and what is old and nobody's."""
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
    """Old, and of somebody who is no more."""
    try:
        is_old = time.time() - path.stat().st_mtime > STALE_SECONDS
        return is_old and is_dead(_worker(_read_text(path).partition("\n")[0]))
    except (OSError, ValueError):
        return False  # somebody else's business, or damaged: it is in nobody's way


def _read_marks(path: Path) -> dict[str, JournalMark] | None:
    """The latest mark of each; None where there is no such journal that can be read."""
    try:
        lines = _read_text(path).split("\n")[1:-1]  # what follows the last newline is torn
    except OSError:
        return None
    valid = set(JournalMark)
    if any(line[:1] not in valid for line in lines):
        return None  # damaged: it vouches for nothing
    return {line[1:]: JournalMark(line[0]) for line in lines}


def _read_text(path: Path) -> str:
    return path.read_bytes().decode(errors="replace")


@contextmanager
def _translate_write_errors(path: Path) -> Iterator[None]:
    """A journal that cannot be written stops the delivery before anything goes."""
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            f"{path} cannot be written: {error.strerror}. Nothing is lost; "
            "make room or mend its rights, and run it again."
        ) from error
