"""A journal of what was handed to a mail service; it survives the death of the process.

A note is one write, a few microseconds: the kernel keeps it when the process is killed. Against a
power cut, messages are planned on the disk before they are begun, `MAX_PLANNED` at a time: what is
not planned was not begun. The disk works in a thread while the messages planned before are sent.

A journal that is not whole vouches for nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Self

from mail.senders.disk_thread import DiskThread
from mail.senders.journal_file import JournalFile, is_locked_by_another
from mail.senders.journal_format import JournalMark, JournalNotes, read_holder, read_notes
from mail.senders.protocol import RecallResult
from settings.errors import UnavailableError
from shop.db.workers import current_worker, is_dead, is_same_boot

JOURNAL_FOLDER = Path(".regulars") / "handed-over"
STALE_SECONDS = 7 * 24 * 3600
MAX_PLANNED = 10  # at a time; about as many are in doubt after a power cut
MIN_PLANNED = 5  # when as few are left, the next are planned
SYNC_SECONDS = 0.1  # a note waits no longer for the disk, as long as messages follow


class Journal:
    """The notes of one delivery, in a file named after its `lease_owner`."""

    def __init__(self, folder: Path, lease_owner: str) -> None:
        self._path = _journal_path(folder, lease_owner)
        self._has_unsaved = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = JournalFile(self._path, lease_owner)
        except OSError as error:
            raise _write_error(self._path, error) from error
        self._plan = _Plan(self._file)

    def begin_batch(self, message_ids: Sequence[str]) -> None:
        """Tells the order in which messages will be begun, so that they can be planned ahead."""
        self._plan.order(message_ids)

    def note_sending(self, message_ids: Sequence[str]) -> None:
        """Notes that the service may have these from now on; raises UnavailableError where that
        cannot be noted.
        """
        self._has_unsaved = True
        try:
            self._plan.begin(message_ids)
            self._file.append(JournalMark.SENDING, message_ids)
        except OSError as error:
            raise _write_error(self._path, error) from error

    def note_accepted(self, message_ids: Iterable[str]) -> None:
        """Notes that the service has these; a failed write only leaves them in doubt."""
        with suppress(OSError):
            self._file.append(JournalMark.ACCEPTED, message_ids)

    def note_rejected(self, message_ids: Iterable[str]) -> None:
        """Notes that the service does not have these."""
        with suppress(OSError):
            self._file.append(JournalMark.REJECTED, message_ids)

    def clear(self) -> None:
        """Removes all notes: their outcomes are in the database."""
        with suppress(OSError):
            self._plan.forget()
            self._file.begin_batch()
            self._has_unsaved = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: object, *_: object) -> None:
        """Keeps the file after an error: messages may be marked as sending without a note."""
        self._plan.close()
        self._file.close()
        if error is None and not self._has_unsaved:
            self._path.unlink(missing_ok=True)


class _Plan:
    """The messages that may be begun, because the disk has them as planned."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file
        self._disk = DiskThread(file.sync)
        self._ids: Sequence[str] = ()
        self._positions: dict[str, int] = {}
        self.forget()

    def order(self, message_ids: Sequence[str]) -> None:
        self._ids = message_ids
        self._positions = {message_id: place for place, message_id in enumerate(message_ids)}

    def begin(self, message_ids: Sequence[str]) -> None:
        """Returns when `message_ids` are planned on the disk, and begins to plan what follows.

        A message that is begun again is planned again: an earlier answer does not count for it.
        """
        if self._upcoming and not (self._disk.is_busy and self._planned.issuperset(message_ids)):
            self._adopt()
        if not self._planned.issuperset(message_ids):
            following = self._following(message_ids[-1], MAX_PLANNED - len(message_ids))
            self._file.append(JournalMark.PLANNED, [*message_ids, *following])
            self._file.sync()
            self._written_at = time.monotonic()
            self._planned.update(message_ids, following)
        self._planned.difference_update(message_ids)
        if not self._disk.is_busy:
            self._look_ahead(message_ids[-1])

    def forget(self) -> None:
        self._planned: set[str] = set()
        self._upcoming: Sequence[str] = ()  # the disk is at work on them
        self._written_at = time.monotonic()

    def close(self) -> None:
        self._disk.close()

    def _adopt(self) -> None:
        self._disk.wait()
        self._planned.update(self._upcoming)
        self._upcoming = ()

    def _look_ahead(self, latest: str) -> None:
        """While answers are slow, few messages are planned, and each note goes to the disk."""
        is_slow = time.monotonic() - self._written_at > SYNC_SECONDS
        if not is_slow and len(self._planned) > MIN_PLANNED:
            return
        following = self._following(latest, MIN_PLANNED if is_slow else MIN_PLANNED + MAX_PLANNED)
        upcoming = [id_ for id_ in following if id_ not in self._planned]
        if upcoming or is_slow:
            self._upcoming = upcoming
            self._file.append(JournalMark.PLANNED, upcoming)
            self._written_at = time.monotonic()
            self._disk.begin()

    def _following(self, message_id: str, most: int) -> Sequence[str]:
        place = self._positions.get(message_id)
        return () if place is None else self._ids[place + 1 : place + 1 + max(most, 0)]


class HolderFate(Enum):
    """What is known of the process that wrote a journal."""

    ENDED = "ended"  # all its notes are there
    CRASHED = "crashed"  # with its machine: notes that had not reached the disk are lost
    UNKNOWN = "unknown"  # it may be suspended, and go on


def recall_messages(folder: Path, leases: Mapping[str, str]) -> RecallResult:
    """Returns what the journals in `folder` say about messages that were cut off.

    `leases` maps message ids to lease owners. In doubt is a message that was begun and not
    answered, and one of a holder that may go on, unless it was accepted; without a whole journal,
    every message.
    """
    final_marks = {owner: _final_marks(folder, owner) for owner in set(leases.values())}
    accepted, in_doubt = set(), set()
    for message_id, lease_owner in leases.items():
        mark = final_marks[lease_owner](message_id)
        if mark is JournalMark.ACCEPTED:
            accepted.add(message_id)
        elif mark is JournalMark.SENDING:
            in_doubt.add(message_id)
    return RecallResult(frozenset(accepted), frozenset(in_doubt))


def _final_marks(folder: Path, lease_owner: str) -> Callable[[str], JournalMark | None]:
    path = _journal_path(folder, lease_owner)
    try:
        notes = read_notes(path.read_bytes(), lease_owner)
    except OSError:
        notes = None
    if notes is None:
        return lambda _message_id: JournalMark.SENDING
    return partial(_final_mark, notes, _holder_fate(lease_owner, notes, path))


def _final_mark(notes: JournalNotes, fate: HolderFate, message_id: str) -> JournalMark | None:
    """Returns ACCEPTED, SENDING for a message in doubt, or else what shows that it was not sent."""
    mark = notes.marks.get(message_id)
    if mark in (JournalMark.ACCEPTED, JournalMark.SENDING):
        return mark
    if fate is HolderFate.UNKNOWN:
        return JournalMark.SENDING
    last_lost = JournalMark.PLANNED if notes.plans_ahead else None
    if fate is HolderFate.CRASHED and mark is last_lost:
        return JournalMark.SENDING
    return mark


def _holder_fate(lease_owner: str, notes: JournalNotes, path: Path) -> HolderFate:
    """The lock shows that a process lives which is out of sight: in another container, or on
    another machine of the same name that shares the folder.
    """
    worker = _worker(lease_owner)
    if worker == current_worker():
        return HolderFate.ENDED  # the delivery, if not the process
    if is_locked_by_another(path):
        return HolderFate.UNKNOWN
    if is_same_boot(worker) and (is_dead(worker) or notes.is_locked):
        return HolderFate.ENDED
    return HolderFate.CRASHED if is_dead(worker) else HolderFate.UNKNOWN


def remove_journals(folder: Path, lease_owners: Collection[str]) -> None:
    """Removes the journals of these `lease_owners`, and stale ones; none that is being written."""
    paths = [_journal_path(folder, lease_owner) for lease_owner in lease_owners]
    paths += [path for path in folder.glob("*.journal") if _is_stale(path)]
    for path in paths:
        if not is_locked_by_another(path):
            path.unlink(missing_ok=True)


def _journal_path(folder: Path, lease_owner: str) -> Path:
    return folder / f"{lease_owner.partition('@')[0]}.journal"


def _worker(lease_owner: str) -> str:
    return lease_owner.partition("@")[2]


def _is_stale(path: Path) -> bool:
    """A week old, and its worker is dead or has let go of it."""
    try:
        if time.time() - path.stat().st_mtime < STALE_SECONDS:
            return False
        holder, is_locked = read_holder(path.read_bytes())
        return is_locked or is_dead(_worker(holder))
    except (OSError, ValueError):
        return False  # of another process, or damaged: harmless


def _write_error(path: Path, error: OSError) -> UnavailableError:
    """A journal that cannot be written stops the delivery before anything is sent."""
    return UnavailableError(
        f"{path} cannot be written: {error.strerror}. Nothing is lost; "
        "make room or mend its rights, and run it again."
    )
