"""Reads mails from a folder on this machine: a Maildir, or files ending in .eml."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from mail.mailbox.batches import (
    BATCH_SIZE,
    MAX_MAIL_BYTES,
    MailboxBatch,
    ReceivedMail,
    strip_unneeded_body,
)
from settings.errors import OwnerFileError, UnavailableError

MAILDIR_FOLDERS = ("new", "cur")


@dataclass(frozen=True, slots=True)
class MailFile:
    """A mail's file; its fingerprint stays the same while it is in the folder."""

    path: Path
    fingerprint: str
    modified_at: float


def maildir_batches(folder: Path, cursor: str | None) -> Iterator[MailboxBatch]:
    """Yields the unread mails of `folder`, oldest first; the cursor holds the fingerprints of all
    read.

    Raises OwnerFileError without a folder, and UnavailableError at the end where files could not be
    read.
    """
    if not folder.is_dir():
        raise OwnerFileError(
            f"There is no folder {folder}. Make it, or name another as directory: under mailbox:."
        )
    files = _list_files(folder)
    seen = _seen_fingerprints(cursor) & {file.fingerprint for file in files}
    unread = iter([file for file in files if file.fingerprint not in seen])
    unreadable: list[OSError] = []
    while chunk := list(islice(unread, BATCH_SIZE)):
        mails = {file.fingerprint: mail for file in chunk if (mail := _read_mail(file, unreadable))}
        seen |= mails.keys()
        yield MailboxBatch(tuple(mails.values()), json.dumps(sorted(seen)))
    if unreadable:
        raise UnavailableError(
            f"{len(unreadable)} of the mails in {folder} cannot be read: {unreadable[0].strerror}. "
            "All others have been; the next sync tries again."
        )


def _list_files(folder: Path) -> list[MailFile]:
    subfolders = [folder / name for name in MAILDIR_FOLDERS if (folder / name).is_dir()]
    paths = [path for subfolder in subfolders for path in subfolder.iterdir()] or [
        path for path in folder.iterdir() if path.suffix.lower() == ".eml"
    ]
    return sorted(
        _with_fingerprints(paths),
        key=lambda subfolder: (subfolder.modified_at, subfolder.fingerprint),
    )


def _with_fingerprints(paths: Iterable[Path]) -> Iterator[MailFile]:
    """A Maildir renames a mail behind the colon of its name when it is read."""
    for path in paths:
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue  # renamed meanwhile: the next sync finds it
        if path.is_file():
            identity = f"{path.name.partition(':')[0]}/{stat.st_size}/{stat.st_mtime_ns}"
            yield MailFile(path, hashlib.sha256(identity.encode()).hexdigest()[:16], stat.st_mtime)


def _read_mail(mail_file: MailFile, unreadable: list[OSError]) -> ReceivedMail | None:
    """An unreadable file does not stop the others; one renamed meanwhile is found next time."""
    try:
        with mail_file.path.open("rb") as stream:
            mail = stream.read(MAX_MAIL_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        unreadable.append(error)
        return None
    return ReceivedMail(
        strip_unneeded_body(mail), datetime.fromtimestamp(mail_file.modified_at, UTC)
    )


def _seen_fingerprints(cursor: str | None) -> set[str]:
    try:
        fingerprints = json.loads(cursor or "[]")
    except ValueError:
        return set()
    return (
        {str(fingerprint) for fingerprint in fingerprints}
        if isinstance(fingerprints, list)
        else set()
    )
