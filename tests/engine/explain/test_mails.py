"""Gate verdicts of waiting mails, customer lookup, and that explaining is read-only."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel

from engine.explain.explain import explain_customer
from engine.explain.model import Status, to_document
from engine.owner.approvals import approve_mails
from engine.owner.pause import pause_mail, resume_mail
from mail.senders.protocol import TemporaryFailure
from settings.errors import WrongUsageError
from shop.consent.delivery_events import record_events
from shop.consent.suppressions import DeliveryEvent, EventKind, SuppressionReason, suppress_address
from shop.db.engine import read_transaction, write_transaction
from shop.db.provider_stops import stop_provider
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.engine.delivery.test_sender_outcomes import FakeMailService
from tests.engine.explain.explanations import (
    CLARA,
    MINUTE,
    explain,
    explain_only_rule,
    latest_occasion,
    only_mail,
    unmet_conditions,
)
from tests.rows import identity, statement

# --- verdicts and the gate

CART = """
    sending:
      from: Ana at Corner Café <ana@cornercafe.example>
      quiet hours: 21:00 to 08:00
      no more than: 1 email per 7 days
      ask me above: 1000
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        at most late: 8 days
        then: [{send: cart-reminder}]
"""
HEAD = """
    shop:
      name: Corner Café
      country: PT
      language: en
      currency: EUR
      timezone: Europe/Lisbon
      reply to: ana@cornercafe.example
      postal address: Rua das Flores 12, 1200-192 Lisboa
      public address: https://mail.cornercafe.example
"""


def with_cart(test: Any) -> Any:
    test.__doc__ = HEAD + CART
    return test


def leave_cart(cafe: Cafe, at: datetime = MARCH, **more: Any) -> None:
    cafe.run(at - 4 * HOUR)
    cafe.customer("clara", **more)
    cafe.cart("clara", at - 3 * HOUR)


def gate_objections(cafe: Cafe, at: datetime = MARCH) -> tuple[str, dict[str, str]]:
    gate = only_mail(latest_occasion(cafe, at=at)).gate
    assert gate is not None
    return gate.verdict, {
        check.check: check.explanation for check in gate.checks if check.answer != "yes"
    }


@with_cart
def test_a_missing_opt_in_is_named(cafe: Cafe) -> None:
    leave_cart(cafe, says=None)
    cafe.run()
    assert latest_occasion(cafe).verdict == "no basis"
    assert unmet_conditions(latest_occasion(cafe)) == [
        "basis a yes, or existing customer: none (never said yes)"
    ]
    assert latest_occasion(cafe).explanation == (
        "looked at on 3 March 2026, 10:00: there was no yes that allows it; "
        "asked again when something about them changes, until 11 March 2026, 10:00"
    )


@with_cart
def test_a_missing_address_is_named(cafe: Cafe) -> None:
    leave_cart(cafe, email=False)
    cafe.run()
    with read_transaction(cafe.engine) as connection:
        explanation = explain_customer(connection, cafe.shop, "1", None, now=MARCH)
    [occasion] = explanation.rules[0].occasions
    assert occasion.verdict == "no address"
    assert unmet_conditions(occasion) == [
        "address an e-mail address: None",
        "basis a yes, or existing customer: none (their yes came without an e-mail address)",
    ]


@with_cart
def test_a_late_occasion_shows_the_deadline(cafe: Cafe) -> None:
    cafe.run(MARCH - 12 * DAY)
    cafe.customer("clara")
    cafe.cart("clara", MARCH - 10 * DAY)
    cafe.run()
    assert latest_occasion(cafe).verdict == "too late"
    assert unmet_conditions(latest_occasion(cafe)) == ["at most late 8 days: 1 March 2026, 13:00"]


@with_cart
def test_quiet_hours_show_the_end(cafe: Cafe) -> None:
    night = MARCH + 12 * HOUR
    leave_cart(cafe, night)
    cafe.run(night)
    verdict, objections = gate_objections(cafe, night)
    assert verdict == "put off: quiet hours"
    assert objections == {
        "quiet hours": "21:00 to 08:00 (Europe/Lisbon), so not before 4 March 2026, 08:00"
    }
    assert only_mail(latest_occasion(cafe, at=night)).state == "deferred"


@with_cart
def test_a_reached_cap_names_the_mails_that_count(cafe: Cafe) -> None:
    leave_cart(cafe)
    cafe.run()
    cafe.cart("clara", MARCH + HOUR, key="another")
    cafe.run(MARCH + 4 * HOUR)
    verdict, objections = gate_objections(cafe, MARCH + 4 * HOUR)
    assert verdict == "put off: enough mail for now"
    assert objections == {
        "no more than": "1 email per 7 days (went: 3 March 2026, 10:00), "
        "so not before 10 March 2026, 10:00"
    }


@with_cart
def test_a_stop_and_a_suppression_are_both_named(cafe: Cafe) -> None:
    leave_cart(cafe)
    pause_mail(cafe.shop, None, "The till sent wrong names.", now=MARCH - HOUR)
    cafe.run()
    with write_transaction(cafe.engine) as connection:
        suppress_address(connection, CLARA, SuppressionReason.BY_HAND, None, now=MARCH)
    verdict, objections = gate_objections(cafe)
    assert verdict == "no mail to this address: by hand"
    assert objections == {
        "stop switch": "all mail is held since 3 March 2026, 09:00: The till sent wrong names.",
        "suppression": "by hand",
    }


@with_cart
def test_a_later_opt_out_is_named_with_its_date(cafe: Cafe) -> None:
    leave_cart(cafe)
    pause_mail(cafe.shop, "abandoned-cart", None, now=MARCH - HOUR)
    cafe.run()
    assert (
        gate_objections(cafe)[0] == "the mail of abandoned-cart is held since 3 March 2026, 09:00"
    )
    cafe.record_consent("clara", "no", MARCH)
    verdict, objections = gate_objections(cafe)
    assert verdict == "said no"
    assert objections["basis"].startswith("no: ")
    assert explain_only_rule(cafe).held == "since 3 March 2026, 09:00"


@with_cart
def test_delivery_events_are_shown(cafe: Cafe) -> None:
    leave_cart(cafe)
    cafe.run()
    mail = only_mail(latest_occasion(cafe))
    events_told = [
        DeliveryEvent("sendgrid", "1", EventKind.DELIVERED, MARCH + SECOND, mail.id, CLARA),
        DeliveryEvent(
            "sendgrid", "2", EventKind.OPENED, MARCH + MINUTE, mail.id, CLARA, by_machine=True
        ),
    ]
    with write_transaction(cafe.engine) as connection:
        record_events(connection, events_told, now=MARCH + HOUR)
    events = [(event.kind, event.by_machine) for event in only_mail(latest_occasion(cafe)).events]
    assert events == [("delivered", False), ("opened", True)]


LIVE = CART.replace(
    "sending:",
    "sending:\n      through: smtp\n      smtp: {server: 127.0.0.1, encryption: none}",
)


def with_a_mail_service(test: Any) -> Any:
    test.__doc__ = HEAD + LIVE
    return test


def with_only_to_ana(test: Any) -> Any:
    test.__doc__ = HEAD + LIVE.replace("ask me", "only to: [ana@example.com]\n      ask me")
    return test


@with_only_to_ana
@pytest.mark.parametrize(("name", "expected"), [("ana", "goes"), ("clara", "is rehearsed")])
def test_addresses_outside_only_to_are_rehearsed(cafe: Cafe, name: str, expected: str) -> None:
    cafe.shop = replace(cafe.shop, sender=FakeMailService())
    cafe.run(MARCH - 4 * HOUR)
    cafe.customer(name)
    cafe.cart(name, MARCH - 3 * HOUR)
    pause_mail(cafe.shop, None, None, now=MARCH)
    cafe.run()
    resume_mail(cafe.shop, None)
    [step] = latest_occasion(cafe, f"{name}@example.com").steps
    assert step.mail is not None
    assert step.mail.gate is not None
    assert step.mail.gate.verdict == f"{expected} with the next run"


@with_a_mail_service
def test_a_deferral_by_the_provider_is_named(cafe: Cafe) -> None:
    office = FakeMailService(
        answers={"clara": lambda message_id: TemporaryFailure(message_id, "452 mailbox full")}
    )
    cafe.shop = replace(cafe.shop, sender=office)
    leave_cart(cafe)
    cafe.run()
    approve_mails(cafe.shop, None, now=MARCH)
    cafe.run()
    verdict, objections = gate_objections(cafe)
    assert "452 mailbox full" in verdict
    assert list(objections) == ["mail service"]


@with_a_mail_service
def test_a_mail_to_a_provider_that_refuses_most_waits(cafe: Cafe) -> None:
    cafe.shop = replace(cafe.shop, sender=FakeMailService())
    leave_cart(cafe)
    with write_transaction(cafe.engine) as connection:
        stop_provider(connection, "example.com", "5 of 5 mails were refused alike", now=MARCH)
    cafe.run()
    approve_mails(cafe.shop, None, now=MARCH)
    verdict, _ = gate_objections(cafe)
    assert verdict == "put off: their mail provider refuses most mail"


# --- who is meant


@with_cart
def test_a_customer_is_found_by_address_number_and_phone(cafe: Cafe) -> None:
    cafe.customer("clara")
    cafe.arrive(identities=[identity("clara", email=CLARA, version=2, phone="+351 912 345 678",
                                     phone_key="+351912345678")])  # fmt: skip
    customers = [
        explain(cafe, identifier).customer
        for identifier in ("Clara@Example.com ", "1", "912 345 678")
    ]
    assert [customer.email for customer in customers] == [CLARA] * 3


@with_cart
@pytest.mark.parametrize("identifier", ["bruno@example.com", "99", "hello", "", "@", "00000000000"])
def test_an_unknown_customer_is_refused(cafe: Cafe, identifier: str) -> None:
    cafe.customer("clara")
    with pytest.raises(WrongUsageError, match="Nothing is known of"):
        explain(cafe, identifier)


@with_cart
def test_a_misspelt_rule_gets_a_suggestion(cafe: Cafe) -> None:
    cafe.customer("clara")
    with pytest.raises(WrongUsageError, match='Did you mean "abandoned-cart"'):
        explain(cafe, CLARA, "abandoned-carts")


@with_cart
def test_a_merged_customer_has_the_history_of_both(cafe: Cafe) -> None:
    cafe.run(MARCH - 4 * HOUR)
    cafe.customer("clara")
    cafe.arrive(
        identities=[identity("till", email="c@example.com", source="till")],
        statements=[statement("till", "yes", MARCH - 300 * DAY, source="till")],
    )
    cafe.cart("clara", MARCH - 3 * HOUR)
    cafe.run()
    same_person = identity("till", email=CLARA, source="till", version=2)
    cafe.arrive(identities=[same_person])
    for identifier in (CLARA, "c@example.com", "2"):
        explanation = explain(cafe, identifier)
        assert explanation.customer.number == 1
        assert [merged.number for merged in explanation.customer.merged_from] == [2]
    assert latest_occasion(cafe).status is Status.DONE


# --- it only reads


def everything(cafe: Cafe) -> dict[str, list[Any]]:
    with read_transaction(cafe.engine) as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in SQLModel.metadata.sorted_tables
        }


@with_cart
def test_explaining_changes_nothing(cafe: Cafe) -> None:
    cafe.customer("clara")
    cafe.visits("clara", MARCH - HOUR)
    cafe.run(MARCH - DAY)
    pause_mail(cafe.shop, None, None, now=MARCH)
    cafe.run()
    cafe.visits("clara", MARCH)
    before, files = everything(cafe), sorted(cafe.path.parent.rglob("*.eml"))
    for at in (MARCH - 9 * DAY, MARCH, MARCH + 400 * DAY):
        to_document(explain(cafe, at=at))
    assert (everything(cafe), sorted(cafe.path.parent.rglob("*.eml"))) == (before, files)
