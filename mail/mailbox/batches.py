"""Mails of a mailbox, in batches, each with the cursor behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from mail.mailbox.parse import needs_body

MAX_HEADER_BYTES = 65_536
MAX_MAIL_BYTES = 200_000  # of one mail; the rest is not read
BATCH_SIZE = 25  # at most 5 MB are held in memory
HEADER_END = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """The bytes of a mail (headers, and the body of reports only), and when it arrived."""

    content: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class MailboxBatch:
    """Some mails, and the cursor to save once they have been processed."""

    mails: tuple[ReceivedMail, ...]
    cursor: str


def strip_unneeded_body(mail: bytes) -> bytes:
    """Returns the headers of `mail`, with its body only where that is a report: personal mail is
    not read.
    """
    headers = HEADER_END.split(mail, 1)[0][:MAX_HEADER_BYTES]
    return mail if needs_body(headers) else headers
