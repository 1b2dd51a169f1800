"""From the owner's words for sending to the sender that does it."""

from __future__ import annotations

from pathlib import Path

from mail.outbox.sender import Outbox
from mail.sender import Sender
from mail.words import Sending


def sender_of(sending: Sending, *, beside: Path) -> Sender:
    """The sender named behind `through`; files are looked for beside the owner's file."""
    return Outbox(beside / sending.folder)
