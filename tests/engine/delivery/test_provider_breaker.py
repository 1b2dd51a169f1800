"""A provider that refuses most mails alike is stopped, and the owner is asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from sqlmodel import col

from engine.delivery.provider_breaker import ProviderBreaker
from engine.messages.delivery_events import receive_events
from engine.messages.refusing_providers import is_refused_alike
from engine.owner.pause import resume_provider
from engine.run import run_tick
from mail.failures.mailbox_providers import domain_provider, mailbox_provider
from mail.senders.journal import JOURNAL_FOLDER
from mail.senders.protocol import Accepted, NoSuchAddress, Outcome, Refused, TemporaryFailure
from mail.senders.smtp.sender import SmtpSender
from shop.consent.failure_reasons import FailureReason
from shop.consent.suppressions import (
    DeliveryEvent,
    EventKind,
    SuppressionReason,
    suppress_address,
)
from shop.db.engine import read_transaction, write_transaction
from shop.db.provider_stops import load_provider_stops
from shop.db.stops import load_stops
from shop.tables import Message, Suppression
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.engine.delivery.test_sender_outcomes import FakeMailService, with_rules
from tests.mail.senders.smtp_script import SHORT_TIMEOUTS, run_scripted_server
from tests.rows import cart, cart_line, identity, statement

GUESTS = [f"guest{number:02}" for number in range(12)]


@pytest.fixture
def mail_service(cafe: Cafe) -> FakeMailService:
    """Twelve abandoned carts of people at one provider, and Ana's at another."""
    mail_service = FakeMailService()
    cafe.shop = replace(cafe.shop, sender=mail_service)
    leave_carts(cafe, GUESTS, "hotmail.com")
    leave_carts(cafe, ["ana"], "example.com")
    return mail_service


def leave_carts(cafe: Cafe, names: Iterable[str], domain: str) -> None:
    for name in names:
        cafe.arrive(
            identities=[identity(name, email=f"{name}@{domain}")],
            statements=[statement(name, "yes", MARCH - 400 * DAY)],
            carts=[cart(f"cart-{name}", name, MARCH - 3 * HOUR)],
            cart_lines=[cart_line(f"cart-{name}", 0, "Granola", 1850)],
        )


def refuse_all(mail_service: FakeMailService, cause: FailureReason) -> None:
    for name in GUESTS:
        mail_service.answers[name] = lambda message_id: Refused(message_id, "550 no", cause)


def provider_stops(cafe: Cafe) -> dict[str, str | None]:
    with read_transaction(cafe.engine) as connection:
        return {name: because for name, (_, because) in load_provider_stops(connection).items()}


@with_rules
def test_the_rest_of_a_refusing_providers_mail_waits_and_other_mail_goes(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    refuse_all(mail_service, FailureReason.SENDER)
    assert cafe.counts() == {"failed": 5, "deferred": 7, "sent": 1}
    assert mail_service.sent == ["ana"]
    assert provider_stops(cafe) == {
        "outlook.com": "5 of 5 mails were refused alike: the sender is refused"
    }
    assert cafe.select_all(model=Suppression) == []
    with read_transaction(cafe.engine) as connection:
        assert load_stops(connection) == {}


@with_rules
def test_the_mail_goes_once_the_owner_says_so(cafe: Cafe, mail_service: FakeMailService) -> None:
    refuse_all(mail_service, FailureReason.SENDER)
    cafe.run()
    mail_service.answers.clear()
    assert cafe.counts(MARCH + 2 * HOUR) == {"deferred": 7}
    assert resume_provider(cafe.shop, "outlook.com", now=MARCH + 2 * HOUR)
    assert not resume_provider(cafe.shop, "outlook.com", now=MARCH + 2 * HOUR)
    assert cafe.counts(MARCH + 2 * HOUR) == {"sent": 7}


@with_rules
def test_the_mail_goes_in_the_same_run_where_the_owner_says_so_meanwhile(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    refuse_all(mail_service, FailureReason.SENDER)
    batches: list[int] = []

    def resume_after_the_first(messages: int) -> None:
        batches.append(messages)
        assert len(batches) < 5
        if len(batches) == 1:
            assert resume_provider(cafe.shop, "outlook.com", now=MARCH)
            mail_service.answers.clear()

    run_tick(cafe.shop, now=MARCH, progress=resume_after_the_first)
    assert batches == [6, 7]
    assert len(mail_service.sent) == 8
    assert provider_stops(cafe) == {}


@with_rules
def test_for_a_day_a_released_provider_is_not_stopped_again(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    refuse_all(mail_service, FailureReason.SENDER)
    cafe.run()
    resume_provider(cafe.shop, "outlook.com", now=MARCH + HOUR)
    assert cafe.counts(MARCH + HOUR) == {"failed": 7}
    assert provider_stops(cafe) == {}


@with_rules
def test_most_addresses_of_a_provider_cannot_be_unknown_at_once(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    for name in GUESTS:
        mail_service.answers[name] = lambda message_id: NoSuchAddress(message_id, "550 5.1.1 no")
    cafe.run()
    assert provider_stops(cafe) == {
        "outlook.com": "5 of 5 mails were refused alike: no such address"
    }
    assert (
        cafe.select_all(col(Suppression.lifted_because))
        == ["most mails to outlook.com were refused alike"] * 5
    )
    resume_provider(cafe.shop, "outlook.com", now=MARCH + HOUR)
    cafe.run(MARCH + HOUR)
    assert cafe.select_all(col(Suppression.lifted_at)).count(None) == 7


@with_rules
def test_refusals_for_different_reasons_stop_nobody(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    causes = [FailureReason.FILTERED, FailureReason.MAILBOX_FULL, FailureReason.UNKNOWN]
    for number, name in enumerate(GUESTS):
        cause = causes[number % 3]
        mail_service.answers[name] = lambda id_, cause=cause: Refused(id_, "550 no", cause)  # type: ignore[misc]  # mypy infers no default
    assert cafe.counts() == {"failed": 12, "sent": 1}
    assert provider_stops(cafe) == {}


@with_rules
def test_greylisting_stops_nobody(cafe: Cafe, mail_service: FakeMailService) -> None:
    for name in GUESTS:
        mail_service.answers[name] = lambda message_id: TemporaryFailure(message_id, "450 later")
    assert cafe.counts() == {"deferred": 12, "sent": 1}
    assert provider_stops(cafe) == {}


@with_rules
def test_a_mail_that_waits_for_its_provider_says_so(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    refuse_all(mail_service, FailureReason.BLOCKED)
    cafe.run()
    reasons = cafe.select_all(col(Message.reason))
    assert reasons.count("their mail provider refuses most mail") == 7


@with_rules
def test_what_a_relay_passes_on_of_one_provider_stops_that_provider_only(cafe: Cafe) -> None:
    """The first mail that was refused goes again later, and five more of them are lost."""
    leave_carts(cafe, GUESTS, "hotmail.com")
    leave_carts(cafe, ["ana"], "example.com")
    with run_scripted_server() as server:
        server.refused_domains = {"hotmail.com": b"550 5.7.1 Blocked - see spamhaus.example\r\n"}
        journals = cafe.shop.folder / JOURNAL_FOLDER
        sender = SmtpSender(server.account, journals, timeouts=SHORT_TIMEOUTS)
        cafe.shop = replace(cafe.shop, sender=sender)
        assert cafe.counts() == {"failed": 5, "deferred": 7, "sent": 1}
    because = "5 of 5 mails were refused alike: the sending server is blocked"
    assert provider_stops(cafe) == {"outlook.com": because}


def report(cafe: Cafe, names: Iterable[str], kind: EventKind, reason: FailureReason) -> None:
    """The mails to `names` come back an hour later, each in a transaction of its own."""
    mails = dict(cafe.select_all(col(Message.to_address), col(Message.id)))
    for name in names:
        address = f"{name}@hotmail.com"
        event = DeliveryEvent(
            "bounces", name, kind, MARCH + HOUR, mails[address], address, reason=reason
        )
        receive_events(cafe.shop, [event], now=MARCH + HOUR)


@with_rules
@pytest.mark.parametrize(("number", "stops"), [(6, False), (7, True)])
def test_what_comes_back_later_stops_a_provider_too(
    cafe: Cafe, mail_service: FakeMailService, number: int, stops: bool
) -> None:
    cafe.run()
    report(cafe, GUESTS[:number], EventKind.SOFT_BOUNCED, FailureReason.BLOCKED)
    because = "7 of 12 mails were refused alike: the sending server is blocked"
    assert provider_stops(cafe) == ({"outlook.com": because} if stops else {})


@with_rules
def test_addresses_that_most_reports_call_unknown_are_not_suppressed(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    cafe.run()
    report(cafe, GUESTS[:7], EventKind.BOUNCED, FailureReason.USER_UNKNOWN)
    assert list(provider_stops(cafe)) == ["outlook.com"]
    assert None not in cafe.select_all(col(Suppression.lifted_at))


@with_rules
@pytest.mark.parametrize("is_first", [True, False])
def test_who_asked_for_no_mail_gets_none_when_the_bounces_of_a_provider_are_lifted(
    cafe: Cafe, mail_service: FakeMailService, is_first: bool
) -> None:
    def suppress_by_hand() -> None:
        with write_transaction(cafe.engine) as connection:
            by_hand = SuppressionReason.BY_HAND
            suppress_address(connection, f"{GUESTS[0]}@hotmail.com", by_hand, None, now=MARCH)

    cafe.run()
    if is_first:
        suppress_by_hand()
    report(cafe, GUESTS[:1], EventKind.BOUNCED, FailureReason.USER_UNKNOWN)
    if not is_first:
        suppress_by_hand()
    report(cafe, GUESTS[1:7], EventKind.BOUNCED, FailureReason.USER_UNKNOWN)
    lifted = dict(cafe.select_all(col(Suppression.address), col(Suppression.lifted_at)))
    assert [name for name, at in lifted.items() if at is None] == [f"{GUESTS[0]}@hotmail.com"]


@with_rules
def test_reports_about_a_released_provider_stop_it_only_after_a_day(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    cafe.run()
    report(cafe, GUESTS[:7], EventKind.SOFT_BOUNCED, FailureReason.BLOCKED)
    resume_provider(cafe.shop, "outlook.com", now=MARCH + HOUR)
    report(cafe, GUESTS[7:9], EventKind.SOFT_BOUNCED, FailureReason.BLOCKED)
    assert provider_stops(cafe) == {}


@pytest.mark.parametrize(
    ("refused", "sent", "stops"),
    [(4, 4, False), (5, 5, True), (5, 9, True), (5, 10, False), (6, 11, True), (50, 100, False)],
)
def test_five_and_more_than_half_are_most(refused: int, sent: int, stops: bool) -> None:
    assert is_refused_alike(refused, sent) is stops


def test_an_answer_to_an_unknown_message_is_not_counted() -> None:
    breaker = ProviderBreaker()
    outcomes: list[Outcome] = [Accepted("a"), Refused("b", "550 no", FailureReason.SENDER)]
    for outcome in outcomes * 10:
        breaker.count(outcome)
    assert breaker.take_opened() == []
    assert not breaker.is_held("b")


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        ("bruno@hotmail.co.uk", "outlook.com"),
        ("bruno@live.com.pt", "outlook.com"),
        ("bruno@GoogleMail.com", "gmail.com"),
        ("bruno@aol.com", "yahoo.com"),
        ("bruno@web.de", "gmx.net"),
        ("bruno@nothotmail.com", "nothotmail.com"),
        ("bruno@example.com", "example.com"),
    ],
)
def test_the_domains_of_a_large_provider_are_one(address: str, provider: str) -> None:
    assert mailbox_provider(address) == provider
    assert domain_provider(provider) == provider
