"""From the owner's words for sending to the sender that does it."""

from __future__ import annotations

from pathlib import Path

from mail.config import Sending
from mail.senders.journal import JOURNAL_FOLDER
from mail.senders.outbox.sender import OutboxSender
from mail.senders.protocol import Sender
from mail.senders.smtp.sender import SmtpSender


def create_sender(sending: Sending, *, base_folder: Path) -> Sender:
    """The sender named behind `through`; files are looked for beside the owner's file."""
    if sending.through == "smtp" and sending.smtp:
        return SmtpSender(sending.smtp, base_folder / JOURNAL_FOLDER)
    if sending.through == "sendgrid" and sending.sendgrid:
        # Only here, for what speaks to SendGrid is more than all other senders together.
        from mail.senders.sendgrid.sender import SendGridSender

        return SendGridSender(sending.sendgrid, base_folder / JOURNAL_FOLDER)
    return OutboxSender(base_folder / sending.folder)
