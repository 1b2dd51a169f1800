"""Mails in a folder on this machine: a Maildir, or files that end in .eml."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from mail.mailbox.batches import AT_ONCE, LONGEST_MAIL, Arrived, Batch, as_far_as_needed
from settings.errors import OutOfReach, OwnersFileTrouble

MAILDIR = ("new", "cur")


@dataclass(frozen=True, slots=True)
class File:
    """One mail's file; its mark stays the same while it lies there."""

    path: Path
    mark: str
    at: float


def batches_in(folder: Path, place: str | None) -> Iterator[Batch]:
    """Those not read yet, the oldest first. The place is the marks of all that have been."""
    if not folder.is_dir():
        raise OwnersFileTrouble(
            f"There is no folder {folder}. Make it, or name another as directory: under mailbox:."
        )
    lying = _files(folder)
    known = _known(place) & {one.mark for one in lying}
    fresh = iter([one for one in lying if one.mark not in known])
    unreadable: list[OSError] = []
    while some := list(islice(fresh, AT_ONCE)):
        mails = {one.mark: mail for one in some if (mail := _mail(one, unreadable))}
        known |= mails.keys()
        yield Batch(tuple(mails.values()), json.dumps(sorted(known)))
    if unreadable:
        raise OutOfReach(
            f"{len(unreadable)} of the mails in {folder} cannot be read: {unreadable[0].strerror}. "
            "All others have been; the next sync tries again."
        )


def _files(folder: Path) -> list[File]:
    there = [folder / name for name in MAILDIR if (folder / name).is_dir()]
    paths = [path for one in there for path in one.iterdir()] or [
        path for path in folder.iterdir() if path.suffix.lower() == ".eml"
    ]
    return sorted(_marked(paths), key=lambda one: (one.at, one.mark))


def _marked(paths: Iterable[Path]) -> Iterator[File]:
    """In a Maildir a mail is renamed when somebody reads it, up to the colon of its name."""
    for path in paths:
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue  # renamed just now: the next reading finds it
        if path.is_file():
            told = f"{path.name.partition(':')[0]}/{stat.st_size}/{stat.st_mtime_ns}"
            yield File(path, hashlib.sha256(told.encode()).hexdigest()[:16], stat.st_mtime)


def _mail(one: File, unreadable: list[OSError]) -> Arrived | None:
    """One that cannot be read keeps back no other; one renamed just now is found the next time."""
    try:
        with one.path.open("rb") as file:
            mail = file.read(LONGEST_MAIL)
    except FileNotFoundError:
        return None
    except OSError as error:
        unreadable.append(error)
        return None
    return Arrived(as_far_as_needed(mail), datetime.fromtimestamp(one.at, UTC))


def _known(place: str | None) -> set[str]:
    try:
        marks = json.loads(place or "[]")
    except ValueError:
        return set()
    return {str(one) for one in marks} if isinstance(marks, list) else set()
