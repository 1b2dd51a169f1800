"""Reads the configured mailbox."""

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
    """Returns the unread mails of `mailbox` after `cursor`.

    A relative folder is looked up in `base_folder`. Raises UnavailableError where the mailbox
    cannot be read, and OwnerFileError where its folder is missing.
    """
    if mailbox.directory is not None:
        return maildir_batches(base_folder / mailbox.directory, cursor)
    return imap_batches(mailbox, cursor, now=now)


def mailbox_identity(mailbox: Mailbox) -> str:
    """Returns which mailbox this is: a cursor of another one means nothing."""
    return mailbox.directory or f"{mailbox.user} at {mailbox.server}, {mailbox.folder}"
