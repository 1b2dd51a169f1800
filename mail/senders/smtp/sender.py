"""Mails through a mail server of the owner's choice, each noted in a journal."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mail.senders import journal
from mail.senders.protocol import Delivery, Recalled
from mail.senders.smtp.config import Smtp as Words
from mail.senders.smtp.connect import opened
from mail.senders.smtp.connection import Patience
from mail.senders.smtp.delivery import SmtpDelivery


class Smtp:
    """The connection is opened when the first mail goes, and kept until the delivery ends."""

    name = "smtp"
    reaches_people = True

    def __init__(
        self,
        words: Words,
        notes: Path,
        *,
        context: ssl.SSLContext | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._words = words
        self._notes = notes
        self._context = context
        self._patience = patience or Patience()

    @contextmanager
    def delivery(self, holder: str) -> Iterator[Delivery]:
        """The journal is there before anything is marked as going: none at all means doubt."""
        with journal.Journal(self._notes, holder) as notes:
            under_way = SmtpDelivery(
                lambda: opened(self._words, self._context, self._patience), notes
            )
            try:
                yield under_way
            finally:
                under_way.end()

    def recall(self, cut_off: Mapping[str, str]) -> Recalled:
        return journal.recall(self._notes, cut_off)
