"""Writes mails as files: .eml for mail programs, .html for browsers."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from mail.message.headers import InvalidMailError
from mail.message.mime import Mail, message_bytes
from mail.message.pictures import viewable_html
from mail.senders.protocol import (
    UNCHECKED,
    Accepted,
    Outcome,
    RecallResult,
    Refused,
    SendCheck,
    Withheld,
)
from settings.errors import UnavailableError


class OutboxSender:
    """Writes `ID.eml` and `ID.html` into a folder. The .eml is written last: it is the proof."""

    name = "outbox"
    reaches_people = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._batch_began_at = math.inf

    def delivery(self, lease_owner: str) -> AbstractContextManager[OutboxSender]:
        """A folder needs no opening: its files identify the messages without a `lease_owner`."""
        return nullcontext(self)

    def send(self, mails: Sequence[Mail], check: SendCheck = UNCHECKED) -> Iterator[Outcome]:
        self._batch_began_at = time.time()
        for mail in mails:
            if not check.permitted([mail.message_id]):
                yield Withheld(mail.message_id)
                continue
            try:
                content = message_bytes(mail)
            except InvalidMailError as error:
                yield Refused(mail.message_id, str(error))
                continue
            self._write(mail.message_id, content, viewable_html(mail.html, mail.pictures))
            yield Accepted(mail.message_id)

    def outcomes_saved(self) -> None:
        """Nothing to clean up: the files stay."""

    def recall(self, leases: Mapping[str, str]) -> RecallResult:
        accepted = frozenset(
            message_id for message_id in leases if (self._folder / f"{message_id}.eml").exists()
        )
        return RecallResult(accepted=accepted)

    def _write(self, message_id: str, content: bytes, html: str) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._write_atomically(f"{message_id}.html", html.encode())
            self._write_atomically(f"{message_id}.eml", content)
        except OSError as error:
            raise UnavailableError(
                f"The outbox {self._folder} cannot be written: {error.strerror}. "
                "Nothing is lost; make room or mend its rights, and run it again."
            ) from error

    def _write_atomically(self, name: str, content: bytes) -> None:
        """Writes `content` completely or not at all: a torn file must not pass for a mail.

        What was written since the batch began, another delivery wrote that took it over.
        """
        path = self._folder / name
        if path.exists() and path.stat().st_mtime > self._batch_began_at:
            return
        temporary = self._folder / f".{name}.unfinished"
        temporary.write_bytes(content)
        temporary.replace(path)
