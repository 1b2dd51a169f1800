"""Refusals that repeat add up, and those about the shop stop none of its customers."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from sqlmodel import col

from engine.message_states import State
from engine.messages.delivery_events import receive_events
from mail.senders.protocol import Refused, TemporaryFailure
from shop.consent.failure_reasons import FailureReason
from shop.consent.suppressions import DeliveryEvent, EventKind
from shop.db.engine import write_transaction
from shop.tables import MailEvent, Message, Suppression
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.engine.delivery.test_sender_outcomes import (
    FakeMailService,
    mail_service,
    states_by_name,
    with_rules,
)

__all__ = ["mail_service"]


def refuse(cafe: Cafe, numbers: range, reason: FailureReason | None) -> None:
    """Bruno's mails number `numbers` come back for `reason`."""
    for number in numbers:
        at = MARCH + number * HOUR
        event = DeliveryEvent(
            "bounces", f"soft-{number}", EventKind.SOFT_BOUNCED, at, f"mail-{number}",
            "bruno@example.com", reason=reason,
        )  # fmt: skip
        receive_events(cafe.shop, [event], now=at)


@with_rules
@pytest.mark.parametrize(
    ("reason", "limit"),
    [
        (None, 5),
        (FailureReason.UNKNOWN, 5),
        (FailureReason.MAILBOX_FULL, 5),
        (FailureReason.FILTERED, 5),
        (FailureReason.BLOCKED, 10),
        (FailureReason.SENDER, 10),
        (FailureReason.CONTENT, 10),
    ],
)
def test_refusals_add_up_whatever_their_reason(
    cafe: Cafe, mail_service: FakeMailService, reason: FailureReason | None, limit: int
) -> None:
    refuse(cafe, range(limit - 1), reason)
    assert cafe.select_all(model=Suppression) == []
    refuse(cafe, range(limit - 1, limit), reason)
    assert cafe.select_all(col(Suppression.reason), col(Suppression.detail)) == [
        ("soft bounces", f"{limit} mails in a row came back")
    ]


@with_rules
def test_what_a_mail_server_refuses_at_once_adds_up_too(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    mail_service.answers["bruno"] = lambda message_id: Refused(
        message_id, "550 no", FailureReason.UNKNOWN
    )
    refuse(cafe, range(4), FailureReason.MAILBOX_FULL)
    cafe.run(MARCH + 5 * HOUR)
    assert cafe.select_all(col(Suppression.reason)) == ["soft bounces"]
    assert states_by_name(cafe)["bruno"] == State.FAILED


@with_rules
@pytest.mark.parametrize(("days", "in_a_row"), [(3, True), (10, False)])
def test_a_mail_that_did_not_come_back_within_a_week_was_delivered(
    cafe: Cafe, mail_service: FakeMailService, days: int, in_a_row: bool
) -> None:
    at = MARCH
    for number in range(6):
        refuses = number != 4
        cafe.cart("bruno", at - 3 * HOUR, key=f"cart-{number}")
        mail_service.answers = {"bruno": _full_mailbox} if refuses else {}
        cafe.run(at)
        at += (1 if refuses else days) * DAY
    assert mail_service.sent.count("bruno") == 1
    assert bool(cafe.select_all(model=Suppression)) is in_a_row


def _full_mailbox(message_id: str) -> Refused:
    return Refused(message_id, "552 full", FailureReason.MAILBOX_FULL)


@with_rules
def test_a_mail_that_no_mail_server_judged_adds_nothing_up(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    mail_service.answers["bruno"] = lambda message_id: Refused(message_id, "it cannot be built")
    refuse(cafe, range(4), FailureReason.MAILBOX_FULL)
    cafe.run(MARCH + 5 * HOUR)
    assert cafe.select_all(model=Suppression) == []


@with_rules
def test_a_temporary_refusal_adds_up_once_it_was_the_last_attempt(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    mail_service.answers["bruno"] = lambda message_id: TemporaryFailure(
        message_id, "452 mailbox full", FailureReason.MAILBOX_FULL
    )
    cafe.run()
    assert cafe.select_all(model=MailEvent) == []
    with write_transaction(cafe.engine) as connection:
        soon = MARCH + 60 * SECOND
        connection.execute(update(Message).values(retry_at=None, attempts=9, deadline=soon))
    cafe.run(MARCH + SECOND)
    assert cafe.select_all(col(MailEvent.kind), col(MailEvent.reason)) == [
        ("bounced for now", "the mailbox is full")
    ]


@with_rules
def test_an_answer_about_the_shop_stops_none_of_its_customers(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    for name in ("ana", "bruno", "clara"):
        mail_service.answers[name] = lambda message_id: Refused(
            message_id, "550 5.1.0 sender rejected", FailureReason.SENDER
        )
    cafe.run()
    assert cafe.select_all(model=Suppression) == []
    assert sorted(cafe.select_all(col(MailEvent.reason))) == ["the sender is refused"] * 3
