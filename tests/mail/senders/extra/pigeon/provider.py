"""Carrier pigeons as a sender."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mail.senders.checks import CheckContext, CheckResult
from mail.senders.provider import Provider, SenderFolders

from .config import Pigeon
from .sender import PigeonSender


class PigeonProvider(Provider[Pigeon]):
    name = "pigeon"
    title = "the pigeon loft"
    config_model = Pigeon
    config_description = "The loft to send through."
    missing_block = "write which loft: pigeon: {loft: roof}."

    def create_sender(self, account: Pigeon | None, folders: SenderFolders) -> PigeonSender:
        assert account
        return PigeonSender(folders.outbox.parent / account.loft)

    def check_account(self, account: Pigeon, context: CheckContext) -> Iterator[CheckResult]:
        if not Path(account.loft).suffix:
            yield CheckResult.ok(f"The loft {account.loft} is open.")


PROVIDER = PigeonProvider()
