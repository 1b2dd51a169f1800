"""The owner's daily digest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, false, true

from engine.owner import digest
from mail.senders.journal import JOURNAL_FOLDER
from mail.senders.protocol import Refused
from mail.senders.smtp.sender import SmtpSender
from settings.errors import UnavailableError
from shop.db import stops
from shop.db.engine import write_transaction
from shop.db.provider_stops import stop_provider
from shop.ingest.missing_records import CompleteList, compare_with_list
from tests.cafe import DAY, FILE, HOUR, MARCH, Cafe
from tests.engine.delivery.test_data_age import CART, SOURCES, read_source
from tests.engine.delivery.test_sender_outcomes import FakeMailService, with_rules
from tests.mail.senders.smtp_script import SHORT_TIMEOUTS, ReplyThenClose, run_scripted_server
from tests.rows import statement


def digest_text(cafe: Cafe, hours: int = 1) -> str:
    return digest.render_digest(cafe.shop, now=MARCH + hours * HOUR).text


@with_rules
def test_it_says_when_nothing_was_due(cafe: Cafe) -> None:
    assert digest_text(cafe) == (
        "Good morning, Corner Café.\n\nSince yesterday morning:\n  Nothing was due.\n"
    )


@with_rules
def test_it_counts_mails_since_yesterday(cafe: Cafe) -> None:
    for name in ("ana", "bruno"):
        cafe.customer(name)
        cafe.cart(name, MARCH - 3 * HOUR)
    cafe.run()
    assert "  rehearsed: 2\n" in digest_text(cafe)
    assert "Nothing was due." in digest_text(cafe, hours=25)


@with_rules
def test_it_names_the_providers_whose_mail_is_held(cafe: Cafe) -> None:
    assert "Mail to" not in digest_text(cafe)
    with write_transaction(cafe.engine) as connection:
        stop_provider(connection, "outlook.com", "5 of 5 mails were refused alike", now=MARCH)
    sentence = (
        "Mail to outlook.com is held: 5 of 5 mails were refused alike. "
        "If it may go: regulars start --to outlook.com"
    )
    assert sentence in digest_text(cafe)


def test_it_names_tasks_and_held_rules(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{task: Ring <them> up, due in: 1 hour}, {send: cart-reminder}]
        include backlog: yes
    """
    cafe.customer("clara")
    cafe.cart("clara", MARCH - 3 * HOUR)
    with write_transaction(cafe.engine) as connection:
        stops.stop_mail(connection, "abandoned-cart", None, now=MARCH)
    cafe.run()
    assert "  Ring <them> up (Clara)\n" in digest_text(cafe)
    assert "  Ring <them> up (Clara), late\n" in digest_text(cafe, hours=2)
    assert "Held by you: abandoned-cart." in digest_text(cafe)
    page = digest.render_digest(cafe.shop, now=MARCH).html
    assert "Ring &lt;them&gt; up" in page


def test_it_counts_who_could_not_be_read_and_who_is_missing(engine: Engine, tmp_path: Path) -> None:
    cafe = Cafe(engine, tmp_path, FILE + SOURCES + CART)
    names = [f"p{number}" for number in range(8)]
    for name in names:
        cafe.customer(name)
    unread = [statement(name, "unread", MARCH - DAY) for name in names[:2]]
    cafe.arrive(identities=[], statements=unread)
    with write_transaction(cafe.engine) as connection:
        nobody = CompleteList("online-shop", 1, false(), true(), False, MARCH)
        assert compare_with_list(connection, nobody).unconfirmed == len(names)
    text = digest_text(cafe)
    assert "2 customers get no mail, since what they said of it could not be read" in text
    assert "Missing in online-shop: 8 of its customers" in text
    assert "regulars sync online-shop --confirm-missing" in text
    assert "p1" not in text.lower()


def test_it_counts_mails_that_are_held_until_there_are_newer_data(
    engine: Engine, tmp_path: Path
) -> None:
    cafe = Cafe(engine, tmp_path, FILE + SOURCES + CART)
    cafe.run(MARCH - DAY)
    cafe.leave_carts(MARCH, "clara")
    read_source(cafe, MARCH + HOUR)
    cafe.run(MARCH + 9 * HOUR)
    assert cafe.mailed_names() == []
    sentence = "1 mail is held until there are newer data: regulars sync"
    assert sentence in digest_text(cafe, hours=9)


@with_rules
def test_five_overdue_regulars_are_named_and_not_mailed(cafe: Cafe) -> None:
    for number in range(6):
        cafe.customer(f"p{number}")
        cafe.visits(f"p{number}", *(MARCH - (60 + 7 * week) * DAY for week in range(4 + number)))
    cafe.customer("clara")
    cafe.visits("clara", *(MARCH - 7 * week * DAY for week in range(1, 6)))
    cafe.run()
    text = digest_text(cafe)
    assert [line.split(",")[0].strip() for line in text.splitlines() if "visits, last" in line] == [
        "P5", "P4", "P3", "P2", "P1"
    ]  # fmt: skip
    assert "Clara" not in text
    assert cafe.mailed_names() == []


@with_rules
def test_it_is_sent_once_a_day_to_the_owner_only(cafe: Cafe) -> None:
    assert digest.send_digest(cafe.shop, now=MARCH)
    assert not digest.send_digest(cafe.shop, now=MARCH + HOUR)
    assert digest.send_digest(cafe.shop, now=MARCH + DAY)
    assert not digest.send_digest(cafe.shop, now=MARCH)
    mails = cafe.mails()
    assert [str(mail["To"]) for mail in mails] == ["ana@cornercafe.example"] * 2
    assert mails[0]["List-Unsubscribe"] is None


@with_rules
def test_a_refused_digest_raises(cafe: Cafe) -> None:
    office = FakeMailService(answers={"ana": lambda message_id: Refused(message_id, "no")})
    cafe.shop = replace(cafe.shop, sender=office)
    with pytest.raises(UnavailableError, match="was not taken"):
        digest.send_digest(cafe.shop, now=MARCH)


@with_rules
def test_a_digest_that_could_not_be_sent_leaves_no_journal(cafe: Cafe) -> None:
    journals = cafe.shop.folder / JOURNAL_FOLDER
    with run_scripted_server({".": [ReplyThenClose(b"")]}) as server:
        sender = SmtpSender(server.account, journals, timeouts=SHORT_TIMEOUTS)
        cafe.shop = replace(cafe.shop, sender=sender)
        with pytest.raises(UnavailableError, match="closed the connection"):
            digest.send_digest(cafe.shop, now=MARCH)
        assert list(journals.iterdir()) == []
        assert digest.send_digest(cafe.shop, now=MARCH + DAY)
    assert list(journals.iterdir()) == []
