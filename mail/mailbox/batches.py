"""Mails of a mailbox, in batches, each with the cursor behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from mail.mailbox.parse import needs_body, needs_text

MAX_HEADER_BYTES = 65_536
MAX_MAIL_BYTES = 200_000  # of a report; the rest is not read
MAX_TEXT_BYTES = 32_768  # of a person's mail, headers included
BATCH_SIZE = 25  # at most 5 MB are held in memory
HEADER_END = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """The bytes of a mail, as many as are read of it, and when it arrived."""

    content: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class MailboxBatch:
    """Some mails, and the cursor to save once they have been processed."""

    mails: tuple[ReceivedMail, ...]
    cursor: str


def strip_unneeded_body(mail: bytes) -> bytes:
    """Returns what is read of `mail`: all of a report, the beginning of what a person wrote, and of
    the rest the headers.
    """
    headers = HEADER_END.split(mail, 1)[0][:MAX_HEADER_BYTES]
    if needs_body(headers):
        return mail
    return mail[: max(len(headers), MAX_TEXT_BYTES)] if needs_text(headers) else headers
