"""Mails as a mailbox hands them over, batch by batch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from mail.mailbox.parse import needs_body

MAX_HEADER_BYTES = 65_536
MAX_MAIL_BYTES = 200_000  # bytes of one mail that are ever looked at
BATCH_SIZE = 25  # so no more than 5 MB are held
HEADER_END = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail, as far as it has to be read, and when it came."""

    content: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class MailboxBatch:
    """Some mails, and from where reading goes on once they have been acted upon."""

    mails: tuple[ReceivedMail, ...]
    cursor: str


def strip_unneeded_body(mail: bytes) -> bytes:
    """What people wrote to the owner stays unread."""
    headers = HEADER_END.split(mail, 1)[0][:MAX_HEADER_BYTES]
    return mail if needs_body(headers) else headers
