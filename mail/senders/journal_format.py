"""The format of a journal: a head line, then slots of a fixed size that are written one by one.

The head names the holder and its batch, and how many slots follow; it and every note end in a
checksum. Slots are filled with dots in advance, so that a file that was cut, zeroed or restored in
part never looks like one in which less was noted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from zlib import crc32

HEAD = "regulars-journal-2"
SLOT_BYTES = 64  # a divisor of a page and of a disk sector: a kill or a power cut tears no slot
EMPTY_SLOT = b"." * (SLOT_BYTES - 1) + b"\n"


class JournalMark(StrEnum):
    """The first character of a note."""

    PLANNED = "?"  # on the disk before the message may be begun
    SENDING = ">"  # noted before the first byte is sent
    ACCEPTED = "+"
    REJECTED = "-"


@dataclass(frozen=True)
class JournalNotes:
    """The latest mark of each message in a whole journal.

    `is_locked`: its holder has locked the file for as long as it lives. `plans_ahead`: a message
    without a note was never begun, even if the machine lost power.
    """

    marks: Mapping[str, JournalMark]
    is_locked: bool = False
    plans_ahead: bool = False


def encode_head(holder: str, batch: int, slots: int, *, is_locked: bool) -> bytes:
    """Returns the head line; its length depends on the `holder` only."""
    text = f"{HEAD} {batch:08} {slots:08} {'locked' if is_locked else 'shared'} {holder}"
    return _padded(f"{text} {crc32(text.encode()):08x}".encode())


def note_seed(holder: str, batch: int) -> int:
    """Returns what the checksums of the notes of one batch start from."""
    return crc32(f"{holder} {batch}".encode())


def encode_note(seed: int, mark: JournalMark, message_id: str) -> bytes:
    """Returns one note, in as many whole slots as it needs: one, for ids of up to 53 characters."""
    text = (mark + message_id).encode()
    return _padded(b"%b %08x" % (text, crc32(text, seed)))


def read_notes(content: bytes, holder: str) -> JournalNotes | None:
    """Returns the notes in `content`; None unless it is the whole journal of `holder`."""
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError:
        return None
    if text.startswith(f"{HEAD} "):
        return _read_current(text, holder)
    return _read_first_format(text, holder)


def read_holder(content: bytes) -> tuple[str, bool]:
    """Returns the holder that a journal names, and whether it had locked the file."""
    head = content.partition(b"\n")[0].decode(errors="replace").rstrip(" ")
    if not head.startswith(f"{HEAD} "):
        return head, False
    _, _, _, lock, *holder, _ = head.split(" ")
    return " ".join(holder), lock == "locked"


def _padded(line: bytes) -> bytes:
    slots = len(line) // SLOT_BYTES + 1
    return line.ljust(slots * SLOT_BYTES - 1) + b"\n"


def _read_current(text: str, holder: str) -> JournalNotes | None:
    head, _, rest = text.partition("\n")
    fields = head.rstrip(" ").split(" ")
    if len(fields) != 6 or not (fields[1] + fields[2]).isdecimal():
        return None
    batch, slots, is_locked = int(fields[1]), int(fields[2]), fields[3] == "locked"
    if f"{head}\n".encode() != encode_head(holder, batch, slots, is_locked=is_locked):
        return None
    if len(rest) < slots * SLOT_BYTES:
        return None
    marks = _read_slots(rest[: slots * SLOT_BYTES], note_seed(holder, batch))
    return None if marks is None else JournalNotes(marks, is_locked, plans_ahead=True)


def _read_slots(text: str, seed: int) -> dict[str, JournalMark] | None:
    """Notes first, then nothing but empty slots; None if it is otherwise."""
    empty = EMPTY_SLOT.decode()
    lines = text.splitlines(keepends=True)
    written = next((place for place, line in enumerate(lines) if line == empty), len(lines))
    if any(line != empty for line in lines[written:]):
        return None
    marks: dict[str, JournalMark] = {}
    valid = set(JournalMark)
    for line in lines[:written]:
        message_id = line[1:].partition(" ")[0]
        if line[0] not in valid:
            return None
        mark = JournalMark(line[0])
        if line.encode() != encode_note(seed, mark, message_id):
            return None
        marks[message_id] = mark
    return marks


def _read_first_format(text: str, holder: str) -> JournalNotes | None:
    """Release 0.1.0 wrote the holder on the first line and a note on each further one.

    Such a journal counts where the holder's line, every note and the last newline are there. A cut
    between two notes cannot be told from an early end.
    """
    head, *lines = text.split("\n")
    valid = set(JournalMark) - {JournalMark.PLANNED}
    if head != holder or not lines or lines.pop() or any(line[:1] not in valid for line in lines):
        return None
    return JournalNotes({line[1:]: JournalMark(line[0]) for line in lines})
