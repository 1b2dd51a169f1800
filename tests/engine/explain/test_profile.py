"""The profile of one customer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel

from engine.explain.model import to_document
from engine.explain.profile import CustomerProfile, load_profile
from regulars.terminal.profile import profile_lines
from settings.errors import WrongUsageError
from shop.consent.delivery_events import record_events
from shop.consent.suppressions import (
    DeliveryEvent,
    EventKind,
    SuppressionReason,
    lift_suppression,
    suppress_address,
)
from shop.db.engine import read_transaction, write_transaction
from shop.ingest.source_rows import SourceRows, ingest_rows
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.engine.explain.explanations import CLARA, answer_row
from tests.rows import identity, statement


def profile(cafe: Cafe, identifier: str = CLARA) -> CustomerProfile:
    with read_transaction(cafe.engine) as connection:
        return load_profile(connection, cafe.shop.config, identifier, now=MARCH)


RULES = """
    loyalty: {earn: 1 point per 1, expire after: 30 days}
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}, {wait: 1 day}, {send: we-miss-you}]
"""


def with_rules(test: Any) -> Any:
    test.__doc__ = RULES
    return test


@pytest.fixture
def clara(cafe: Cafe) -> Cafe:
    """Clara, known to two sources, with some of everything."""
    cafe.run(MARCH - DAY)
    cafe.customer("clara", says=None)
    cafe.arrive(
        identities=[
            identity("clara", email=CLARA, version=2, birthday="--03-14", tags='["early"]')
        ],
        statements=[statement("clara", "no", MARCH - 90 * DAY, evidence="UNSUBSCRIBED")],
        answers=[answer_row("clara", MARCH - HOUR, csat=5, words="Lovely.")],
    )
    at_the_till = identity("TILL7", email=CLARA, source="till", last_name="Gomes")
    yes = statement("TILL7", "yes", MARCH - 60 * DAY, source="till", wording="Yes, write to me.")
    with write_transaction(cafe.engine) as connection:
        ingest_rows(connection, "till", SourceRows(identities=[at_the_till], statements=[yes]))
    cafe.visits("clara", MARCH - 2 * HOUR)
    cafe.cart("clara", MARCH - 3 * HOUR)
    cafe.run()
    return cafe


@with_rules
def test_every_source_of_the_customer_is_named(clara: Cafe) -> None:
    customer_profile = profile(clara)
    assert [(row.source, row.id, list(row.tags)) for row in customer_profile.identities] == [
        ("online-shop", "clara", ["early"]), ("till", "TILL7", [])
    ]  # fmt: skip
    assert (customer_profile.customer.email, customer_profile.birthday) == (CLARA, "--03-14")


@with_rules
def test_the_basis_has_its_history_and_the_deciding_statement(clara: Cafe) -> None:
    basis = profile(clara).basis
    assert basis.state == "yes"
    assert basis.reason == "said on 2 January 2026, 10:00: SUBSCRIBED (till, by TILL7)"
    assert [
        (statement.consent, statement.source, statement.wording, statement.decides)
        for statement in basis.history
    ] == [
        ("no", "online-shop", None, False), ("yes", "till", "Yes, write to me.", True)
    ]  # fmt: skip


@with_rules
def test_purchases_points_and_carts_are_shown(clara: Cafe) -> None:
    customer_profile = profile(clara)
    assert customer_profile.bought is not None
    assert (customer_profile.bought.visits, customer_profile.bought.spent) == (1, Decimal("12.50"))
    assert customer_profile.bought.last_visit_at == MARCH - 2 * HOUR
    assert (customer_profile.points, [lot.remaining for lot in customer_profile.lots]) == (12, [12])
    assert [cart.total for cart in customer_profile.carts] == [Decimal("18.50")]
    assert [(row.csat, row.words) for row in customer_profile.answers] == [(5, "Lovely.")]


@with_rules
def test_running_rules_and_mails_are_shown_with_events(clara: Cafe) -> None:
    [mail] = profile(clara).mails
    events = [
        DeliveryEvent("sendgrid", "1", EventKind.DELIVERED, MARCH + SECOND, mail.id, CLARA),
        DeliveryEvent(
            "sendgrid", "2", EventKind.OPENED, MARCH + HOUR, mail.id, CLARA, by_machine=True
        ),
    ]
    with write_transaction(clara.engine) as connection:
        record_events(connection, events, now=MARCH + HOUR)
    customer_profile = profile(clara)
    [mail] = customer_profile.mails
    assert [(row.kind, row.by_machine) for row in mail.events] == [
        ("delivered", False), ("opened", True)
    ]  # fmt: skip
    assert (mail.template, mail.state) == ("cart-reminder", "rehearsed")
    assert [(row.rule, row.step, row.next_at) for row in customer_profile.running] == [
        ("abandoned-cart", "send we-miss-you", MARCH + DAY)
    ]


@with_rules
def test_a_suppression_is_shown_after_it_was_lifted(clara: Cafe) -> None:
    assert profile(clara).suppression is None
    with write_transaction(clara.engine) as connection:
        suppress_address(connection, CLARA, SuppressionReason.BY_HAND, "She asked", now=MARCH)
        lift_suppression(connection, CLARA, "She asked again", now=MARCH + HOUR)
    suppression = profile(clara).suppression
    assert suppression is not None
    assert (suppression.reason, suppression.detail, suppression.lifted_because) == (
        "by hand", "She asked", "She asked again"
    )  # fmt: skip


@with_rules
def test_a_new_customer_has_a_complete_document(cafe: Cafe) -> None:
    cafe.customer("bruno", says=None)
    fields = to_document(profile(cafe, "bruno@example.com"))
    assert (fields["bought"], fields["points"], fields["mails"]) == (None, 0, [])
    assert fields["basis"] == {
        "state": "none", "reason": "never said yes", "history": [], "address": "bruno@example.com"
    }  # fmt: skip


@with_rules
def test_an_unknown_address_reveals_no_other_customer(clara: Cafe) -> None:
    with pytest.raises(WrongUsageError) as raised:
        profile(clara, "clar@example.com")
    assert "clara" not in str(raised.value)


@with_rules
def test_loading_a_profile_changes_nothing(clara: Cafe) -> None:
    before = everything(clara)
    profile(clara)
    assert everything(clara) == before


def everything(cafe: Cafe) -> dict[str, list[str]]:
    with read_transaction(cafe.engine) as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in SQLModel.metadata.sorted_tables
        }


def test_the_owners_own_columns_are_shown(cafe: Cafe) -> None:
    cafe.customer("clara")
    for source, version, allergy in (("list", 1, "nuts"), ("till", 2, "eggs")):
        field = {
            "source": source, "external_id": "clara", "name": "allergy", "value": allergy,
            "version": version,
        }  # fmt: skip
        record = identity("clara", email=CLARA, source=source, version=version)
        cafe.arrive(identities=[record], custom_fields=[field])
    clara = profile(cafe)
    assert clara.custom_fields == {"allergy": "eggs"}
    assert [record.custom_fields for record in clara.identities] == [
        {"allergy": "nuts"},
        {},
        {"allergy": "eggs"},
    ]
    lines = list(profile_lines(clara, cafe.shop.config))
    assert "  my allergy: eggs" in lines
    assert any(line.endswith("allergy: nuts") for line in lines)
