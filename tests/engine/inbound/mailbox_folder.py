"""Incoming mails in a folder, and what reading them leaves in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from sqlmodel import col

from engine.inbound.read_mailbox import read_mailbox
from engine.quarantine import list_quarantined
from mail.mailbox.batches import MailboxBatch
from settings.errors import RegularsError
from shop.db.engine import read_transaction
from shop.tables import BasisStatement, MailEvent
from tests.cafe import FILE, HOUR, MARCH, Cafe
from tests.engine.delivery.test_sender_outcomes import (
    message_id_of,
)
from tests.mail.mailbox.returned_mails import ID

RULES = f"""
    {FILE.replace(chr(10), chr(10) + "    ")}
      unsubscribe by: mailbox
      mailbox:
        directory: returned
        address: unsubscribe@cornercafe.example
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{{send: cart-reminder}}, {{wait: 1 day}}, {{send: we-miss-you}}]
        at most late: 3 days
        include backlog: yes
"""


def with_rules(test: Callable[..., None]) -> Callable[..., None]:
    test.__doc__ = RULES
    return test


def put_mail(cafe: Cafe, mail: str, name: str = "BRUNO", message_id: str | None = None) -> None:
    """Put a mail into the folder; the id in it becomes that of Bruno's mail, or `message_id`."""
    folder = cafe.path.parent / "returned"
    folder.mkdir(exist_ok=True)
    if ID in mail:
        mail = mail.replace(ID, message_id or message_id_of(cafe, "bruno"))
    number = len(list(folder.iterdir()))
    (folder / f"{number}-{name}.eml").write_text(mail, encoding="utf-8")


def read_folder(cafe: Cafe, at: datetime = MARCH + HOUR) -> dict[str, int]:
    synced = read_mailbox(cafe.shop, now=at)
    assert synced is not None
    assert synced.report is not None
    assert synced.error is None
    return {**synced.report.streams, "aside": synced.report.quarantined}


def events(cafe: Cafe) -> list[tuple[str, str]]:
    return sorted(cafe.select_all(col(MailEvent.source), col(MailEvent.kind)))


def quarantine_reasons(cafe: Cafe) -> list[str]:
    with read_transaction(cafe.engine) as connection:
        return [quarantined.why for quarantined in list_quarantined(connection)]


def has_opted_out(cafe: Cafe) -> bool:
    return "no" in cafe.select_all(col(BasisStatement.says))


def opt_out_evidence(cafe: Cafe) -> list[str]:
    statements = cafe.select_all(col(BasisStatement.says), col(BasisStatement.evidence))
    return [evidence_text for consent, evidence_text in statements if consent == "no"]


def subject(links: dict[str, str], name: str) -> str:
    return unquote(links[name].partition("?subject=")[2])


def batch_source(
    *batches: MailboxBatch, then: RegularsError | None = None
) -> Callable[..., Iterator[MailboxBatch]]:
    def look(*_: Any, **__: Any) -> Iterator[MailboxBatch]:
        yield from batches
        if then:
            raise then

    return look
