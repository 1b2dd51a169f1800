"""Creates the configured sender."""

from __future__ import annotations

from pathlib import Path

from mail.config import Sending
from mail.senders.journal import JOURNAL_FOLDER
from mail.senders.protocol import Sender
from mail.senders.provider import SenderFolders
from mail.senders.registry import get_provider


def create_sender(sending: Sending, *, base_folder: Path) -> Sender:
    """The sender named by `through:`; its files are in `base_folder`, beside config.yaml."""
    folders = SenderFolders(base_folder / sending.folder, base_folder / JOURNAL_FOLDER)
    return get_provider(sending.through).create_sender(sending.account, folders)
