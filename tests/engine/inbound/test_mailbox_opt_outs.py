"""Opt-outs by mail: by token, by reply or by sender address."""

from __future__ import annotations

import email.header

import pytest
from sqlalchemy import update
from sqlmodel import col

from engine.inbound.read_mailbox import read_mailbox
from engine.message_states import State
from engine.quarantine import remedy
from mail.mailbox.batches import MailboxBatch, ReceivedMail
from shop.db.engine import write_transaction
from shop.tables import BasisStatement, Message, SyncState
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.engine.delivery.test_sender_outcomes import (
    FakeMailService,
)
from tests.engine.inbound.mailbox_folder import (
    batch_source,
    has_opted_out,
    opt_out_evidence,
    put_mail,
    quarantine_reasons,
    read_folder,
    subject,
    with_rules,
)
from tests.mail.mailbox import returned_mails
from tests.mail.mailbox.returned_mails import BRUNO, unsubscribe_mail


def mail_to_ana(title: str, *, sender: str, text: str = "hello") -> str:
    """A mail to the owner's own address, where people write about anything."""
    mail = unsubscribe_mail(title, sender=sender).replace("To: unsubscribe@", "To: ana@")
    return mail.replace("\nplease\n", f"\n{text}\n")


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
    assert not has_opted_out(cafe)


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
@pytest.mark.parametrize("text", ["Hello", "Please do not unsubscribe me"])
def test_other_subjects_are_no_opt_out(cafe: Cafe, links: dict[str, str], text: str) -> None:
    put_mail(cafe, mail_to_ana(text, sender=BRUNO))
    assert read_folder(cafe) == {"aside": 0}
    assert not has_opted_out(cafe)


@with_rules
@pytest.mark.parametrize("text", ["How do I unsubscribe from life?", "Unsubscribed!"])
def test_a_customers_unclear_words_are_for_the_owner_to_read(
    cafe: Cafe, links: dict[str, str], text: str
) -> None:
    put_mail(cafe, mail_to_ana(text, sender=BRUNO))
    put_mail(cafe, mail_to_ana(text, sender="stranger@else.example"))
    assert read_folder(cafe) == {"aside": 1}
    assert quarantine_reasons(cafe) == [
        f'{BRUNO} may want no more mail: read "{text}". If so, run: regulars suppress {BRUNO}'
    ]
    assert not has_opted_out(cafe)


@with_rules
@pytest.mark.parametrize("text", ["Bitte abmelden", "STOP", "Please take me off your list"])
def test_an_opt_out_in_other_words_counts(cafe: Cafe, links: dict[str, str], text: str) -> None:
    put_mail(cafe, mail_to_ana("Newsletter", sender=BRUNO, text=text))
    assert read_folder(cafe) == {"unsubscribed": 1, "aside": 0}
    assert has_opted_out(cafe)


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
