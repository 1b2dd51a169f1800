"""The consent mutation of the sandbox server, as Shopify documents it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.shopify.requests import UNSUBSCRIBE
from sandbox.cafe import Cafe, cafe
from sandbox.customers import Customer
from sandbox.shopify.graphql import Shop
from sandbox.shopify.query_cost import Bucket
from sandbox.shopify.records import format_time
from sandbox.shopify.server import admin_api
from sandbox.shopify.tokens import Tokens
from tests.sandbox.graphql_client import GraphqlClient

CAFE = cafe(60)
ANA = next(who for who in CAFE.customers if who.may_be_mailed)
WITHOUT_ADDRESS = next(who for who in CAFE.customers if who.email is None)
LATER = CAFE.now + timedelta(hours=1)
MUTATION = "customerEmailMarketingConsentUpdate"


@pytest.fixture
def shop() -> Shop:
    return Shop(CAFE, clock=lambda: LATER)


def unsubscribe(shop: Shop, customer: Customer | int, **consent_fields: Any) -> dict[str, Any]:
    number = customer if isinstance(customer, int) else customer.number
    consent = {"marketingState": "UNSUBSCRIBED"} | consent_fields
    mutation_input = {
        "customerId": f"gid://shopify/Customer/{number}",
        "emailMarketingConsent": consent,
    }
    body = GraphqlClient(admin_api(shop)).query(UNSUBSCRIBE, input=mutation_input)
    payload: dict[str, Any] = body["data"][MUTATION]
    return payload


def stored_customer(shop: Shop, seeded: Cafe = CAFE) -> Customer:
    customer = shop.customers.get(ANA.number)
    assert customer is not None
    assert len(shop.customers) == len(seeded.customers)
    return customer


def test_an_opt_out_keeps_its_date_and_counts_as_a_change(shop: Shop) -> None:
    opted_out_at = CAFE.now - timedelta(minutes=5)
    answer = unsubscribe(shop, ANA, consentUpdatedAt=format_time(opted_out_at))
    email = {"marketingState": "UNSUBSCRIBED", "marketingUpdatedAt": format_time(opted_out_at)}
    assert answer["customer"]["defaultEmailAddress"] == email
    assert answer["userErrors"] == []
    customer = stored_customer(shop)
    assert (customer.consent.level, customer.updated_at) == (ANA.consent.level, LATER)


def test_an_opt_out_without_a_date_is_dated_now(shop: Shop) -> None:
    unsubscribe(shop, ANA)
    assert stored_customer(shop).consent.since == LATER


def test_an_older_statement_changes_nothing(shop: Shop) -> None:
    assert ANA.consent.since is not None
    old = format_time(ANA.consent.since - timedelta(days=1))
    answer = unsubscribe(shop, ANA, consentUpdatedAt=old)
    assert answer["customer"]["defaultEmailAddress"]["marketingState"] == "SUBSCRIBED"
    assert stored_customer(shop) == ANA


@pytest.mark.parametrize(
    ("customer", "state", "code", "field"),
    [
        (1, "UNSUBSCRIBED", "INVALID", "customerId"),
        (WITHOUT_ADDRESS, "UNSUBSCRIBED", "INVALID", "customerId"),
        (ANA, "NOT_SUBSCRIBED", "INCLUSION", "marketingState"),
        (ANA, "INVALID", "INCLUSION", "marketingState"),
    ],
)
def test_what_cannot_be_is_refused_by_field_and_code(
    shop: Shop, customer: Any, state: str, code: str, field: str
) -> None:
    answer = unsubscribe(shop, customer, marketingState=state)
    assert answer["customer"] is None
    [error] = answer["userErrors"]
    assert (error["code"], error["field"][-1]) == (code, field)
    assert stored_customer(shop) == ANA


def test_an_app_that_may_only_read_is_denied(shop: Shop) -> None:
    tokens = Tokens(scopes=("read_customers",))
    mutation_input = {
        "customerId": f"gid://shopify/Customer/{ANA.number}",
        "emailMarketingConsent": {"marketingState": "UNSUBSCRIBED"},
    }
    answer = GraphqlClient(admin_api(shop, tokens=tokens)).query(UNSUBSCRIBE, input=mutation_input)
    assert answer["data"] == {MUTATION: None}
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert "write_customers" in error["message"]
    assert stored_customer(shop) == ANA


def test_it_costs_ten_points() -> None:
    shop = Shop(CAFE, Bucket(clock=lambda: 0))
    unsubscribe(shop, ANA)
    assert shop.bucket.available() == 2_000 - 10
