"""From the owner's words to the mails that lie there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from mail.mailbox.batches import Batch
from mail.mailbox.config import Mailbox
from mail.mailbox.imap import batches_at
from mail.mailbox.maildir import batches_in


def batches_of(box: Mailbox, place: str | None, *, now: datetime, beside: Path) -> Iterator[Batch]:
    """What has not been read yet; folders are looked for beside the owner's file."""
    if box.directory is not None:
        return batches_in(beside / box.directory, place)
    return batches_at(box, place, now=now)


def name_of(box: Mailbox) -> str:
    """Which mailbox this is: in another one no place means anything."""
    return box.directory or f"{box.user} at {box.server}, {box.folder}"
