"""Writes each mail into the loft."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from mail.message.mime import Mail, message_bytes
from mail.senders.protocol import UNCHECKED, Accepted, Outcome, RecallResult, SendCheck, Withheld


class PigeonSender:
    name = "pigeon"
    reaches_people = True

    def __init__(self, loft: Path) -> None:
        self._loft = loft

    def delivery(self, lease_owner: str) -> AbstractContextManager[PigeonSender]:
        return nullcontext(self)

    def send(self, mails: Sequence[Mail], check: SendCheck = UNCHECKED) -> Iterator[Outcome]:
        for mail in mails:
            if not check.permitted([mail.message_id]):
                yield Withheld(mail.message_id)
                continue
            self._loft.mkdir(exist_ok=True)
            (self._loft / f"{mail.message_id}.eml").write_bytes(message_bytes(mail))
            yield Accepted(mail.message_id)

    def outcomes_saved(self) -> None:
        """The files stay."""

    def recall(self, leases: Mapping[str, str]) -> RecallResult:
        arrived = (name for name in leases if (self._loft / f"{name}.eml").exists())
        return RecallResult(accepted=frozenset(arrived))
