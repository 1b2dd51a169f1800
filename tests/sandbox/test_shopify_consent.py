"""The look-alike takes back a yes as Shopify publishes that it does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.shopify.requests import UNSUBSCRIBE
from sandbox.cafe import Cafe, cafe
from sandbox.customers import Customer
from sandbox.shopify.graphql import Shop
from sandbox.shopify.query_cost import Bucket
from sandbox.shopify.records import stamp
from sandbox.shopify.server import admin_api
from sandbox.shopify.tokens import Tokens
from tests.sandbox.graphql_client import Visitor

CAFE = cafe(60)
ANA = next(who for who in CAFE.customers if who.may_be_mailed)
NOBODYS = next(who for who in CAFE.customers if who.email is None)
LATER = CAFE.now + timedelta(hours=1)
MUTATION = "customerEmailMarketingConsentUpdate"


@pytest.fixture
def shop() -> Shop:
    return Shop(CAFE, clock=lambda: LATER)


def unsubscribe(shop: Shop, who: Customer | int, **said: Any) -> dict[str, Any]:
    number = who if isinstance(who, int) else who.number
    consent = {"marketingState": "UNSUBSCRIBED"} | said
    given = {"customerId": f"gid://shopify/Customer/{number}", "emailMarketingConsent": consent}
    answered = Visitor(admin_api(shop)).ask(UNSUBSCRIBE, input=given)
    found: dict[str, Any] = answered["data"][MUTATION]
    return found


def known(shop: Shop, seeded: Cafe = CAFE) -> Customer:
    found = shop.customers.get(ANA.number)
    assert found is not None
    assert len(shop.customers) == len(seeded.customers)
    return found


def test_a_no_stands_from_when_it_was_said_and_counts_as_a_change(shop: Shop) -> None:
    said = CAFE.now - timedelta(minutes=5)
    answer = unsubscribe(shop, ANA, consentUpdatedAt=stamp(said))
    email = {"marketingState": "UNSUBSCRIBED", "marketingUpdatedAt": stamp(said)}
    assert answer["customer"]["defaultEmailAddress"] == email
    assert answer["userErrors"] == []
    after = known(shop)
    assert (after.consent.level, after.updated_at) == (ANA.consent.level, LATER)


def test_without_a_date_it_is_said_now(shop: Shop) -> None:
    unsubscribe(shop, ANA)
    assert known(shop).consent.since == LATER


def test_an_older_word_changes_nothing(shop: Shop) -> None:
    assert ANA.consent.since is not None
    old = stamp(ANA.consent.since - timedelta(days=1))
    answer = unsubscribe(shop, ANA, consentUpdatedAt=old)
    assert answer["customer"]["defaultEmailAddress"]["marketingState"] == "SUBSCRIBED"
    assert known(shop) == ANA


@pytest.mark.parametrize(
    ("who", "state", "code", "field"),
    [
        (1, "UNSUBSCRIBED", "INVALID", "customerId"),
        (NOBODYS, "UNSUBSCRIBED", "INVALID", "customerId"),
        (ANA, "NOT_SUBSCRIBED", "INCLUSION", "marketingState"),
        (ANA, "INVALID", "INCLUSION", "marketingState"),
    ],
)
def test_what_cannot_be_is_refused_by_field_and_code(
    shop: Shop, who: Any, state: str, code: str, field: str
) -> None:
    answer = unsubscribe(shop, who, marketingState=state)
    assert answer["customer"] is None
    [error] = answer["userErrors"]
    assert (error["code"], error["field"][-1]) == (code, field)
    assert known(shop) == ANA


def test_who_may_only_read_is_denied(shop: Shop) -> None:
    tokens = Tokens(scopes=("read_customers",))
    given = {
        "customerId": f"gid://shopify/Customer/{ANA.number}",
        "emailMarketingConsent": {"marketingState": "UNSUBSCRIBED"},
    }
    answer = Visitor(admin_api(shop, tokens=tokens)).ask(UNSUBSCRIBE, input=given)
    assert answer["data"] == {MUTATION: None}
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert "write_customers" in error["message"]
    assert known(shop) == ANA


def test_it_costs_ten_points() -> None:
    shop = Shop(CAFE, Bucket(clock=lambda: 0))
    unsubscribe(shop, ANA)
    assert shop.bucket.available() == 2_000 - 10
