"""Incoming mail and its effect on later mails."""

from __future__ import annotations

import email.header
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import update
from sqlmodel import col

from engine.config.owner_config import config_remarks
from engine.inbound.read_mailbox import read_mailbox
from engine.message_states import State
from engine.quarantine import list_quarantined, remedy
from mail.mailbox.batches import MailboxBatch, ReceivedMail
from settings.errors import RegularsError, UnavailableError
from shop.db.engine import read_transaction, write_transaction
from shop.tables import BasisStatement, Enrolment, MailEvent, Message, Suppression, SyncState
from tests.cafe import DAY, FILE, HOUR, MARCH, Cafe
from tests.engine.delivery.test_sender_outcomes import (
    FakeMailService,
    mail_service,
    message_id_of,
    states_by_name,
)
from tests.mail.mailbox import returned_mails
from tests.mail.mailbox.returned_mails import BRUNO, ID, unsubscribe_mail

__all__ = ["mail_service"]  # the fixture

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


def _has_opted_out(cafe: Cafe) -> bool:
    return "no" in cafe.select_all(col(BasisStatement.says))


def opt_out_evidence(cafe: Cafe) -> list[str]:
    statements = cafe.select_all(col(BasisStatement.says), col(BasisStatement.evidence))
    return [evidence_text for consent, evidence_text in statements if consent == "no"]


@pytest.fixture
def links(cafe: Cafe, mail_service: FakeMailService) -> dict[str, str]:
    """The first mails are sent to Ana, Bruno and Clara; returns their unsubscribe links."""
    links_found: dict[str, str] = {}
    send = mail_service.send

    def noting(mails: Any) -> Any:
        links_found.update(
            {mail.to_address.partition("@")[0]: mail.unsubscribe_url for mail in mails}
        )
        return send(mails)

    mail_service.send = noting  # type: ignore[method-assign]  # to record the links
    cafe.run()
    return links_found


def subject(links: dict[str, str], name: str) -> str:
    return unquote(links[name].partition("?subject=")[2])


@with_rules
def test_each_unsubscribe_link_is_a_mailto_with_its_own_token(
    cafe: Cafe, links: dict[str, str]
) -> None:
    assert len(set(links.values())) == 3
    for link in links.values():
        assert link.startswith("mailto:unsubscribe@cornercafe.example?subject=unsubscribe%201.")


@with_rules
@pytest.mark.parametrize(
    "sender", [f"Bruno <{BRUNO}>", "bruno@his-work.example", "Clara <clara@example.com>", "", "<>"]
)
def test_a_token_identifies_the_customer_whatever_the_sender(
    cafe: Cafe, mail_service: FakeMailService, links: dict[str, str], sender: str
) -> None:
    put_mail(cafe, unsubscribe_mail(subject(links, "bruno"), sender=sender))
    assert read_folder(cafe) == {"unsubscribed": 1, "aside": 0}
    assert opt_out_evidence(cafe) == ["unsubscribed, told by mailbox"]
    cafe.run(MARCH + DAY)
    assert sorted(mail_service.sent) == ["ana", "ana", "bruno", "clara", "clara"]


@with_rules
def test_a_token_is_read_from_folded_encoded_and_automatic_mails(
    cafe: Cafe, links: dict[str, str]
) -> None:
    text = subject(links, "bruno")
    cut = text[:40] + "\n " + text[40:]
    put_mail(cafe, unsubscribe_mail(f"Fwd: {cut}", more="Auto-Submitted: auto-generated\n"))
    coded = email.header.Header(subject(links, "clara"), "utf-8").encode()
    put_mail(cafe, unsubscribe_mail(f"Re: {coded}", sender="agent@provider.example"))
    assert read_folder(cafe)["unsubscribed"] == 2
    assert len(opt_out_evidence(cafe)) == 2


@with_rules
def test_a_forged_token_is_ignored(cafe: Cafe, links: dict[str, str]) -> None:
    text = subject(links, "bruno")
    put_mail(
        cafe,
        unsubscribe_mail(text[:-1] + ("A" if text[-1] != "A" else "B"), sender="x@else.example"),
    )
    assert read_folder(cafe) == {"aside": 1}
    assert not _has_opted_out(cafe)


@with_rules
def test_without_a_token_a_known_sender_is_opted_out(
    cafe: Cafe, mail_service: FakeMailService, links: dict[str, str]
) -> None:
    put_mail(cafe, unsubscribe_mail("Unsubscribe", sender="Bruno B. <BRUNO@Example.com>"))
    assert read_folder(cafe)["unsubscribed"] == 1
    assert opt_out_evidence(cafe) == ["by mail from that address, without its token"]
    cafe.run(MARCH + DAY)
    assert mail_service.sent.count("bruno") == 1


@with_rules
def test_an_opt_out_of_an_unknown_sender_is_quarantined(cafe: Cafe, links: dict[str, str]) -> None:
    put_mail(cafe, unsubscribe_mail("unsubscribe me please!", sender="zoe@else.example"))
    assert read_folder(cafe) == {"aside": 1}
    assert quarantine_reasons(cafe) == [
        "zoe@else.example wants no more mail, and is nobody we know"
    ]
    assert "in your mailbox" in remedy(cafe.shop.config, "the mailbox")


@with_rules
def test_any_mail_to_the_opt_out_address_counts_for_known_senders(
    cafe: Cafe, links: dict[str, str]
) -> None:
    put_mail(cafe, unsubscribe_mail("I have had enough", sender=BRUNO))
    put_mail(cafe, unsubscribe_mail("Cheap watches", sender="spam@else.example"))
    assert read_folder(cafe) == {"unsubscribed": 1, "aside": 0}


@with_rules
@pytest.mark.parametrize("text", ["How do I unsubscribe from life?", "Unsubscribed!", "Hello"])
def test_other_subjects_are_no_opt_out(cafe: Cafe, links: dict[str, str], text: str) -> None:
    mail = unsubscribe_mail(text, sender=BRUNO).replace("To: unsubscribe@", "To: ana@")
    put_mail(cafe, mail)
    assert read_folder(cafe) == {"aside": 0}
    assert not _has_opted_out(cafe)


@with_rules
def test_an_opt_out_in_a_reply_counts_for_the_recipient(cafe: Cafe, links: dict[str, str]) -> None:
    mail = returned_mails.ANSWER.replace("Re: Your granola is still here", "unsubscribe")
    put_mail(cafe, mail.replace(f"From: Bruno <{BRUNO}>", "From: b@his-work.example"))
    assert read_folder(cafe)["unsubscribed"] == 1
    assert opt_out_evidence(cafe) == ["unsubscribed, told by mailbox"]


@with_rules
def test_reading_again_does_not_renew_a_lifted_opt_out(
    cafe: Cafe, mail_service: FakeMailService, links: dict[str, str]
) -> None:
    put_mail(cafe, unsubscribe_mail(subject(links, "bruno")))
    put_mail(cafe, unsubscribe_mail("unsubscribe", sender="clara@example.com"))
    read_folder(cafe)
    cafe.record_consent("bruno", "yes", MARCH + 2 * HOUR)
    cafe.record_consent("clara", "yes", MARCH + 2 * HOUR)
    with write_transaction(cafe.engine) as connection:
        connection.execute(update(SyncState).values(cursor=None))
    for path in (cafe.path.parent / "returned").iterdir():
        path.touch()
    assert read_folder(cafe, MARCH + 3 * HOUR)["unsubscribed"] == 2
    assert len(opt_out_evidence(cafe)) == 2
    cafe.run(MARCH + DAY)
    assert mail_service.sent.count("bruno") == mail_service.sent.count("clara") == 2


@with_rules
@pytest.mark.parametrize("name", ["POSTFIX", "EXIM", "OLD_EXIM", "QMAIL", "EXCHANGE", "GLOBAL"])
def test_a_hard_bounce_suppresses_the_address(
    cafe: Cafe, mail_service: FakeMailService, links: dict[str, str], name: str
) -> None:
    put_mail(cafe, getattr(returned_mails, name))
    assert read_folder(cafe) == {"bounces": 1, "aside": 0}
    assert states_by_name(cafe) == {"ana": "sent", "bruno": "bounced", "clara": "sent"}
    assert cafe.select_all(col(Suppression.address), col(Suppression.reason)) == [
        ("bruno@example.com", "hard bounce")
    ]
    assert read_folder(cafe) == {"aside": 0}
    cafe.run(MARCH + DAY)
    assert mail_service.sent.count("bruno") == 1


@with_rules
@pytest.mark.parametrize(
    ("name", "state"), [("FULL", "bounced"), ("GMAIL", "bounced"), ("POSTFIX_DELAYED", "sent")]
)
def test_soft_bounces_and_delays_suppress_nothing(
    cafe: Cafe, links: dict[str, str], name: str, state: str
) -> None:
    put_mail(cafe, getattr(returned_mails, name))
    read_folder(cafe)
    assert states_by_name(cafe)["bruno"] == state
    assert cafe.select_all(model=Suppression) == []


@with_rules
def test_a_bounce_suppresses_only_the_address_the_mail_went_to(
    cafe: Cafe, links: dict[str, str]
) -> None:
    forged = returned_mails.POSTFIX.replace(BRUNO, "clara@example.com")
    put_mail(cafe, forged)  # forged by Bruno, who knows the id of his own mail
    read_folder(cafe)
    assert cafe.select_all(col(Suppression.address)) == ["bruno@example.com"]


@with_rules
def test_a_bounce_of_an_unknown_mail_suppresses_nothing(cafe: Cafe, links: dict[str, str]) -> None:
    put_mail(cafe, returned_mails.POSTFIX, message_id="f" * 32)
    put_mail(cafe, returned_mails.COMPLAINT, message_id="e" * 32)
    assert read_folder(cafe) == {"aside": 2}
    assert cafe.select_all(model=Suppression) == []
    assert events(cafe) == []
    assert all("names no mail of ours" in reason for reason in quarantine_reasons(cafe))


@with_rules
def test_a_bounce_of_an_unsent_mail_is_quarantined(cafe: Cafe, links: dict[str, str]) -> None:
    with write_transaction(cafe.engine) as connection:
        connection.execute(update(Message).values(state=State.QUEUED.value))
    put_mail(cafe, returned_mails.POSTFIX)
    assert read_folder(cafe) == {"aside": 1}


@with_rules
def test_a_bounce_resolves_a_mail_in_doubt(cafe: Cafe, mail_service: FakeMailService) -> None:
    mail_service.breaks_at = "bruno"
    with pytest.raises(UnavailableError):
        cafe.run()
    put_mail(cafe, returned_mails.POSTFIX)
    read_folder(cafe)
    assert states_by_name(cafe)["bruno"] == State.BOUNCED


@with_rules
def test_a_complaint_is_an_opt_out(
    cafe: Cafe, mail_service: FakeMailService, links: dict[str, str]
) -> None:
    put_mail(cafe, returned_mails.COMPLAINT)
    assert read_folder(cafe)["complaints"] == 1
    assert states_by_name(cafe)["bruno"] == State.COMPLAINED
    assert opt_out_evidence(cafe) == ["complained, told by mailbox"]
    assert cafe.select_all(col(Suppression.reason)) == ["complaint"]


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


def batch_source(
    *batches: MailboxBatch, then: RegularsError | None = None
) -> Callable[..., Iterator[MailboxBatch]]:
    def look(*_: Any, **__: Any) -> Iterator[MailboxBatch]:
        yield from batches
        if then:
            raise then

    return look


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


@with_rules
def test_an_opt_out_is_dated_on_arrival_and_never_in_the_future(
    cafe: Cafe, links: dict[str, str]
) -> None:
    """The sender's Date header is not used: a date far ahead would outlive every opt-in."""
    mail = ReceivedMail(unsubscribe_mail(subject(links, "bruno")).encode(), MARCH + 400 * DAY)
    read_mailbox(
        cafe.shop, now=MARCH + HOUR, read_batches=batch_source(MailboxBatch((mail,), "1 1"))
    )
    statements = cafe.select_all(col(BasisStatement.says), col(BasisStatement.said_at))
    assert [at for consent, at in statements if consent == "no"] == [MARCH + HOUR]


@with_rules
def test_a_token_outlives_its_mail(cafe: Cafe, links: dict[str, str]) -> None:
    text = subject(links, "bruno")
    with write_transaction(cafe.engine) as connection:
        connection.execute(update(Message).values(state=State.REHEARSED.value))
    put_mail(cafe, unsubscribe_mail(text, sender="x@else.example"))
    assert read_folder(cafe)["unsubscribed"] == 1
    assert opt_out_evidence(cafe)[0].startswith("unsubscribed by mail, with the token of mail ")


def test_without_a_mailbox_nothing_is_read(cafe: Cafe) -> None:
    """rules: {}"""
    assert read_mailbox(cafe.shop, now=MARCH) is None
    assert config_remarks(cafe.shop.config) == []
    cafe.reread(FILE.replace("  public address: https://mail.cornercafe.example\n", ""))
    assert "Nobody but you" in config_remarks(cafe.shop.config)[0]
