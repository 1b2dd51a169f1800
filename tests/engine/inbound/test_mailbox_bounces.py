"""Bounces and complaints in the mailbox, and the addresses they suppress."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from sqlmodel import col

from engine.message_states import State
from settings.errors import UnavailableError
from shop.db.engine import write_transaction
from shop.tables import Message, Suppression
from tests.cafe import DAY, MARCH, Cafe
from tests.engine.delivery.test_sender_outcomes import (
    FakeMailService,
    states_by_name,
)
from tests.engine.inbound.mailbox_folder import (
    events,
    opt_out_evidence,
    put_mail,
    quarantine_reasons,
    read_folder,
    with_rules,
)
from tests.mail.mailbox import returned_mails
from tests.mail.mailbox.returned_mails import BRUNO


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
