"""Reading the mailbox: replies, positions, errors and limits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from engine.config.owner_config import config_remarks
from engine.inbound.read_mailbox import read_mailbox
from engine.message_states import State
from mail.mailbox.batches import MailboxBatch, ReceivedMail
from settings.errors import UnavailableError
from shop.db.engine import write_transaction
from shop.tables import Enrolment, SyncState
from tests.cafe import DAY, FILE, HOUR, MARCH, Cafe
from tests.engine.delivery.test_sender_outcomes import (
    FakeMailService,
    message_id_of,
    states_by_name,
)
from tests.engine.inbound.mailbox_folder import (
    RULES,
    batch_source,
    events,
    put_mail,
    quarantine_reasons,
    read_folder,
    with_rules,
)
from tests.mail.mailbox import returned_mails
from tests.mail.mailbox.returned_mails import ID


@with_rules
def test_a_reply_ends_its_enrolment(
    cafe: Cafe, mail_service: FakeMailService, links: dict[str, str]
) -> None:
    put_mail(cafe, returned_mails.ANSWER)
    assert read_folder(cafe) == {"answers": 1, "aside": 0}
    assert states_by_name(cafe)["bruno"] == State.DELIVERED
    assert sorted(cafe.select_all(col(Enrolment.ended)), key=str) == [None, None, "answered"]
    cafe.run(MARCH + DAY)
    assert sorted(mail_service.sent) == ["ana", "ana", "bruno", "clara", "clara"]
    cafe.cart("bruno", MARCH + 2 * DAY, key="another")
    cafe.run(MARCH + 2 * DAY + 3 * HOUR)
    assert mail_service.sent.count("bruno") == 2  # a new cart is another occasion


@with_rules
def test_a_reply_during_the_next_delivery_ends_the_enrolment(
    cafe: Cafe, links: dict[str, str]
) -> None:
    put_mail(cafe, returned_mails.ANSWER)
    read_folder(cafe)
    with write_transaction(cafe.engine) as connection:  # as advancing after that mail does
        connection.execute(update(Enrolment).values(ended=None, next_at=MARCH + DAY))
    read_folder(cafe, MARCH + 2 * HOUR)
    assert sorted(cafe.select_all(col(Enrolment.ended)), key=str) == [None, None, "answered"]


@with_rules
@pytest.mark.parametrize("name", ["OUT_OF_OFFICE", "OLD_OUT_OF_OFFICE", "READ_RECEIPT"])
def test_automatic_replies_are_ignored(cafe: Cafe, links: dict[str, str], name: str) -> None:
    put_mail(cafe, getattr(returned_mails, name))
    assert read_folder(cafe) == {"automatic": 1, "aside": 0}
    assert cafe.select_all(col(Enrolment.ended)) == [None] * 3
    assert events(cafe) == []


@with_rules
def test_garbage_is_skipped(cafe: Cafe, links: dict[str, str]) -> None:
    folder = cafe.path.parent / "returned"
    folder.mkdir()
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(4000)
    )
    for number, mail in enumerate((b"", b"\0\xff" * 500, b"\n\n", b"Return-Path: <>\n" + deep)):
        (folder / f"{number}.eml").write_bytes(mail)
    put_mail(cafe, returned_mails.POSTFIX)
    assert read_folder(cafe) == {"bounces": 1, "aside": 1}
    assert quarantine_reasons(cafe) == ["a mail that cannot be read"]


@with_rules
def test_effects_and_position_are_saved_in_one_transaction(
    cafe: Cafe, links: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put_mail(cafe, returned_mails.POSTFIX)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("engine.inbound.read_mailbox._save_cursor", killed)
        with pytest.raises(KeyboardInterrupt):
            read_mailbox(cafe.shop, now=MARCH + HOUR)
    assert events(cafe) == []
    assert cafe.select_all(model=SyncState) == []
    assert read_folder(cafe)["bounces"] == 1


def batch_of(cafe: Cafe, place: str, *mails: str) -> MailboxBatch:
    message_id = message_id_of(cafe, "bruno")
    return MailboxBatch(
        tuple(ReceivedMail(mail.replace(ID, message_id).encode(), MARCH) for mail in mails), place
    )


@with_rules
def test_batches_before_an_error_are_kept(cafe: Cafe, links: dict[str, str]) -> None:
    source = batch_source(
        batch_of(cafe, "1 25", returned_mails.POSTFIX), then=UnavailableError("It hung up.")
    )
    synced = read_mailbox(cafe.shop, now=MARCH, read_batches=source)
    assert synced is not None
    assert str(synced.error) == "It hung up."
    assert synced.report is not None
    assert synced.report.streams == {"bounces": 1}
    assert cafe.select_all(col(SyncState.cursor)) == ["1 25"]


@with_rules
def test_concurrent_readers_do_not_move_the_position_back(
    cafe: Cafe, links: dict[str, str]
) -> None:
    def look(*_: Any, **__: Any) -> Iterator[MailboxBatch]:
        yield batch_of(cafe, "1 25")
        with write_transaction(cafe.engine) as connection:
            connection.execute(update(SyncState).values(cursor="1 99"))
        yield batch_of(cafe, "1 50", returned_mails.POSTFIX)

    synced = read_mailbox(cafe.shop, now=MARCH, read_batches=look)
    assert synced is not None
    assert cafe.select_all(col(SyncState.cursor)) == ["1 99"]
    assert events(cafe) == []


@with_rules
def test_the_position_of_another_mailbox_is_ignored(cafe: Cafe, links: dict[str, str]) -> None:
    read_mailbox(cafe.shop, now=MARCH, read_batches=batch_source(batch_of(cafe, json.dumps(["x"]))))
    places: list[str | None] = []

    def look(mailbox: Any, place: str | None, **_: Any) -> Iterator[MailboxBatch]:
        places.append(place)
        return iter(())

    read_mailbox(cafe.shop, now=MARCH, read_batches=look)
    cafe.reread(RULES.replace("directory: returned", "directory: elsewhere"))
    read_mailbox(cafe.shop, now=MARCH, read_batches=look)
    assert places == ['["x"]', None]


@with_rules
def test_the_quarantine_is_limited(
    cafe: Cafe, links: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.inbound.read_mailbox.MAX_QUARANTINED", 10)
    for number in range(40):
        mail = returned_mails.POSTFIX.replace("20260303100511.4F2A91", f"flood-{number}")
        put_mail(cafe, mail, message_id=f"{number:032x}")
    assert read_folder(cafe) == {"aside": 40}
    assert len(quarantine_reasons(cafe)) == 10
    read_folder(cafe, MARCH + 40 * DAY)


def test_without_a_mailbox_nothing_is_read(cafe: Cafe) -> None:
    """rules: {}"""
    assert read_mailbox(cafe.shop, now=MARCH) is None
    assert config_remarks(cafe.shop.config) == []
    cafe.reread(FILE.replace("  public address: https://mail.cornercafe.example\n", ""))
    assert "Nobody but you" in config_remarks(cafe.shop.config)[0]
