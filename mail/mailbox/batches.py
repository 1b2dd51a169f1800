"""Mails as a mailbox hands them over, batch by batch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from mail.mailbox.parse import needs_its_body

LONGEST_HEAD = 65_536
LONGEST_MAIL = 200_000  # bytes of one mail that are ever looked at
AT_ONCE = 25  # so no more than 5 MB are held
END_OF_HEAD = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail, as far as it has to be read, and when it came."""

    mail: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """Some mails, and from where reading goes on once they have been acted upon."""

    mails: tuple[Arrived, ...]
    place: str


def as_far_as_needed(mail: bytes) -> bytes:
    """What people wrote to the owner stays unread."""
    head = END_OF_HEAD.split(mail, 1)[0][:LONGEST_HEAD]
    return mail if needs_its_body(head) else head
