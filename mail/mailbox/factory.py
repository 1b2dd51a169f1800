"""From the owner's words to the mails that lie there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from mail.mailbox.batches import MailboxBatch
from mail.mailbox.config import Mailbox
from mail.mailbox.imap import imap_batches
from mail.mailbox.maildir import maildir_batches


def read_batches(
    mailbox: Mailbox, cursor: str | None, *, now: datetime, base_folder: Path
) -> Iterator[MailboxBatch]:
    """What has not been read yet; folders are looked for beside the owner's file."""
    if mailbox.directory is not None:
        return maildir_batches(base_folder / mailbox.directory, cursor)
    return imap_batches(mailbox, cursor, now=now)


def mailbox_identity(mailbox: Mailbox) -> str:
    """Which mailbox this is: in another one no place means anything."""
    return mailbox.directory or f"{mailbox.user} at {mailbox.server}, {mailbox.folder}"
