"""The outbox writes a file for each mail."""

from __future__ import annotations

import os
from pathlib import Path

from mail.senders.outbox.sender import OutboxSender
from mail.senders.protocol import Accepted
from tests.mail.senders.test_conformance import mails


def test_what_another_delivery_wrote_meanwhile_is_not_written_again(tmp_path: Path) -> None:
    first = OutboxSender(tmp_path).send(mails("0001", "0002"))
    assert next(first) == Accepted("0001")
    list(OutboxSender(tmp_path).send(mails("0002")))
    written = (tmp_path / "0002.eml").stat()
    assert next(first) == Accepted("0002")
    assert (tmp_path / "0002.eml").stat().st_ino == written.st_ino


def test_what_an_earlier_batch_wrote_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "0001.eml").write_text("an older rehearsal")
    os.utime(tmp_path / "0001.eml", (0, 0))
    list(OutboxSender(tmp_path).send(mails("0001")))
    assert "an older rehearsal" not in (tmp_path / "0001.eml").read_text()
