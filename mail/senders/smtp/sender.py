"""Sends through a mail server, with a journal."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mail.senders import journal
from mail.senders.protocol import Delivery, RecallResult
from mail.senders.smtp.config import Smtp
from mail.senders.smtp.connect import open_session
from mail.senders.smtp.connection import Timeouts
from mail.senders.smtp.delivery import SmtpDelivery
from mail.senders.smtp.reconnect import ReconnectPolicy


class SmtpSender:
    """The connection is opened for the first mail, and kept until the delivery ends or the server
    closes it."""

    name = "smtp"
    reaches_people = True

    def __init__(
        self,
        account: Smtp,
        journal_folder: Path,
        *,
        context: ssl.SSLContext | None = None,
        timeouts: Timeouts | None = None,
        reconnects: ReconnectPolicy | None = None,
    ) -> None:
        self._account = account
        self._journal_folder = journal_folder
        self._context = context
        self._timeouts = timeouts or Timeouts()
        self._reconnects = reconnects or ReconnectPolicy()

    @contextmanager
    def delivery(self, lease_owner: str) -> Iterator[Delivery]:
        """Creates the journal before any mail is marked as sending: no journal means doubt."""
        with journal.Journal(self._journal_folder, lease_owner) as delivery_journal:
            delivery = SmtpDelivery(
                lambda: open_session(self._account, self._context, self._timeouts),
                delivery_journal,
                self._reconnects,
            )
            try:
                yield delivery
            finally:
                delivery.close()

    def recall(self, leases: Mapping[str, str]) -> RecallResult:
        """Returns what the journals say about cut off messages."""
        return journal.recall_messages(self._journal_folder, leases)
