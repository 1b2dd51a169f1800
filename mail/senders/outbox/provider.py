"""The outbox as a sender: mails become files, and no customer gets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mail.senders.provider import Provider, SenderFolders
from settings.model import ConfigModel

if TYPE_CHECKING:
    from mail.senders.outbox.sender import OutboxSender


class OutboxProvider(Provider[ConfigModel]):
    name = "outbox"
    title = "the outbox"
    reaches_people = False
    offer = "outbox (decide later)"
    synonyms = ("later", "rehearse")

    def create_sender(self, account: ConfigModel | None, folders: SenderFolders) -> OutboxSender:
        from mail.senders.outbox.sender import OutboxSender

        return OutboxSender(folders.outbox)


PROVIDER = OutboxProvider()
