"""Reports by mail that a stranger writes, with ids that they computed."""

from __future__ import annotations

import hashlib
import json

import pytest
from sqlalchemy import update
from sqlmodel import col

from engine.messages.message_id import message_id
from shop.consent.suppressions import EventKind
from shop.db.engine import write_transaction
from shop.tables import Message, Suppression
from tests.cafe import Cafe
from tests.engine.delivery.test_sender_outcomes import (
    FakeMailService,
    receive,
    states_by_name,
)
from tests.engine.inbound.mailbox_folder import (
    has_opted_out,
    put_mail,
    quarantine_reasons,
    read_folder,
    with_rules,
)
from tests.mail.mailbox import returned_mails

REPORTS = ["POSTFIX", "COMPLAINT"]


def computed_without_secret(cafe: Cafe, name: str) -> str:
    """The id that everybody could compute, from what a stranger knows."""
    columns = (Message.rule, Message.customer_id, Message.occasion, Message.step)
    rows = cafe.select_all(col(Message.to_address), *map(col, columns))
    [key] = [list(row[1:]) for row in rows if row[0] == f"{name}@example.com"]
    return hashlib.sha256(json.dumps(key).encode()).hexdigest()[:32]


def outdate_ids(cafe: Cafe) -> None:
    with write_transaction(cafe.engine) as connection:
        connection.execute(update(Message).values(accepts_mailed_reports=False))


def test_an_id_needs_the_secret() -> None:
    key = ("birthday", 1, "2026", "birthday")
    assert message_id("secret", *key) == message_id("secret", *key)
    assert message_id("secret", *key) != message_id("another", *key)
    with pytest.raises(ValueError, match="empty secret"):
        message_id("", *key)


@with_rules
@pytest.mark.parametrize("report", REPORTS)
def test_a_stranger_who_computes_ids_suppresses_nobody(
    cafe: Cafe, mail_service: FakeMailService, links: dict[str, str], report: str
) -> None:
    forged_id = computed_without_secret(cafe, "bruno")
    put_mail(cafe, getattr(returned_mails, report), message_id=forged_id)
    assert read_folder(cafe) == {"aside": 1}
    assert cafe.select_all(model=Suppression) == []
    assert not has_opted_out(cafe)


@with_rules
@pytest.mark.parametrize("report", REPORTS)
def test_a_report_by_mail_about_an_outdated_id_is_set_aside_for_the_owner(
    cafe: Cafe, mail_service: FakeMailService, links: dict[str, str], report: str
) -> None:
    outdate_ids(cafe)
    put_mail(cafe, getattr(returned_mails, report))
    assert read_folder(cafe) == {"aside": 1}
    assert cafe.select_all(model=Suppression) == []
    assert not has_opted_out(cafe)
    [reason] = quarantine_reasons(cafe)
    assert "about a mail from before an update of Regulars" in reason


@with_rules
def test_an_outdated_id_is_no_proof_of_an_opt_out_by_mail(
    cafe: Cafe, mail_service: FakeMailService, links: dict[str, str]
) -> None:
    outdate_ids(cafe)
    forged = (
        "From: stranger@evil.example\nTo: unsubscribe@cornercafe.example\nSubject: hello\n"
        f"Message-ID: <1@evil.example>\nIn-Reply-To: <{returned_mails.ID}@cornercafe.example>\n\n"
    )
    put_mail(cafe, forged)
    assert read_folder(cafe) == {"aside": 1}
    assert not has_opted_out(cafe)


@with_rules
def test_the_signed_report_of_a_mail_service_counts_whatever_the_id(
    cafe: Cafe, mail_service: FakeMailService, links: dict[str, str]
) -> None:
    outdate_ids(cafe)
    receive(cafe, "bruno", EventKind.COMPLAINED)
    assert states_by_name(cafe)["bruno"] == "complained"
    assert cafe.select_all(col(Suppression.address)) == ["bruno@example.com"]
