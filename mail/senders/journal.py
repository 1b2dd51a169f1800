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

from mail.senders.protocol import Recalled
from settings.errors import OutOfReach
from shop.db.workers import is_dead, is_of_this_boot

FOLDER = Path(".regulars") / "handed-over"
WEEK = 7 * 24 * 3600


class Mark(StrEnum):
    GOING = ">"  # noted before the first byte leaves
    TAKEN = "+"
    NOT_TAKEN = "-"


class Journal:
    """The notes of one delivery."""

    def __init__(self, folder: Path, holder: str) -> None:
        self._path = _path(folder, holder)
        self._unsettled = False
        with _writable(self._path):
            folder.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            self._size = 0
            self._write(f"{holder}\n")
        self._head = self._size

    def going(self, message_ids: Iterable[str]) -> None:
        """From now on the service may have them; `OutOfReach` where that cannot be noted."""
        self._unsettled = True
        with _writable(self._path):
            self._note(Mark.GOING, message_ids)

    def taken(self, message_ids: Iterable[str]) -> None:
        """The service has them; without this note they would be in doubt, no worse."""
        with suppress(OSError):
            self._note(Mark.TAKEN, message_ids)

    def not_taken(self, message_ids: Iterable[str]) -> None:
        """The service said that it has them not."""
        with suppress(OSError):
            self._note(Mark.NOT_TAKEN, message_ids)

    def settled(self) -> None:
        """All that is noted is in the database."""
        with suppress(OSError):
            os.ftruncate(self._file, self._head)
            self._size = self._head
            self._unsettled = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, trouble: object, *_: object) -> None:
        """Whoever breaks off may have marked mails as going that were never noted: it stays."""
        os.close(self._file)
        if trouble is None and not self._unsettled:
            self._path.unlink(missing_ok=True)

    def _note(self, mark: Mark, message_ids: Iterable[str]) -> None:
        self._write("".join(f"{mark}{one}\n" for one in message_ids))

    def _write(self, lines: str) -> None:
        """Whole or not at all: half a line would spoil the next."""
        data = lines.encode()
        try:
            written = os.pwrite(self._file, data, self._size)
        except OSError:
            written = 0
        if written < len(data):
            with suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise OSError(errno.ENOSPC, "no room is left")
        self._size += written


def recall(folder: Path, cut_off: Mapping[str, str]) -> Recalled:
    """What the journals say of these; what none of them vouches for may have gone."""
    read = {holder: _marks(_path(folder, holder)) for holder in set(cut_off.values())}
    has, may_have = set(), set()
    for message, holder in cut_off.items():
        marks = read[holder]
        mark = marks.get(message) if marks is not None else Mark.GOING
        if mark is None and not is_of_this_boot(_worker(holder)):
            mark = Mark.GOING
        if mark is Mark.TAKEN:
            has.add(message)
        elif mark is Mark.GOING:
            may_have.add(message)
    return Recalled(frozenset(has), frozenset(may_have))


def forget(folder: Path, holders: Collection[str]) -> None:
    """Remove what these left behind, and what is old and nobody's."""
    for holder in holders:
        _path(folder, holder).unlink(missing_ok=True)
    for path in folder.glob("*.journal"):
        if _is_left_over(path):
            path.unlink(missing_ok=True)


def _path(folder: Path, holder: str) -> Path:
    return folder / f"{holder.partition('@')[0]}.journal"


def _worker(holder: str) -> str:
    return holder.partition("@")[2]


def _is_left_over(path: Path) -> bool:
    """Old, and of somebody who is no more."""
    try:
        old = time.time() - path.stat().st_mtime > WEEK
        return old and is_dead(_worker(_text(path).partition("\n")[0]))
    except (OSError, ValueError):
        return False  # somebody else's business, or damaged: it is in nobody's way


def _marks(path: Path) -> dict[str, Mark] | None:
    """The latest mark of each; None where there is no such journal that can be read."""
    try:
        lines = _text(path).split("\n")[1:-1]  # what follows the last newline is torn
    except OSError:
        return None
    known = set(Mark)
    if any(line[:1] not in known for line in lines):
        return None  # damaged: it vouches for nothing
    return {line[1:]: Mark(line[0]) for line in lines}


def _text(path: Path) -> str:
    return path.read_bytes().decode(errors="replace")


@contextmanager
def _writable(path: Path) -> Iterator[None]:
    """A journal that cannot be written stops the delivery before anything goes."""
    try:
        yield
    except OSError as error:
        raise OutOfReach(
            f"{path} cannot be written: {error.strerror}. Nothing is lost; "
            "make room or mend its rights, and run it again."
        ) from error
