"""Records of the Admin API over HTTP: paging, windows, contents."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.shopify import requests
from sandbox.cafe import Cafe, cafe
from sandbox.shopify.graphql import Shop
from sandbox.shopify.query_cost import Bucket
from sandbox.shopify.server import admin_api
from tests.sandbox.awkward_records import add_awkward_records
from tests.sandbox.graphql_client import (
    BY_STREAM,
    GraphqlClient,
)

STREAMS = tuple(BY_STREAM)


@pytest.mark.parametrize("stream", STREAMS)
def test_every_record_arrives_once_and_in_order(
    visitor: GraphqlClient, seeded: Cafe, stream: str
) -> None:
    expected = {
        "customers": [customer.number for customer in seeded.customers],
        "orders": [order.number for order in seeded.orders],
        "abandonedCheckouts": [checkout.number for checkout in seeded.checkouts],
    }[stream]
    nodes = visitor.all(stream, first=97 if stream == "orders" else 7)
    assert sorted(int(node["id"].rpartition("/")[2]) for node in nodes) == sorted(expected)
    sort = "createdAt" if stream == "abandonedCheckouts" else "updatedAt"
    assert [node[sort] for node in nodes] == sorted(node[sort] for node in nodes)


@pytest.mark.parametrize("stream", STREAMS)
def test_a_window_gives_what_was_updated_in_it(
    visitor: GraphqlClient, seeded: Cafe, stream: str
) -> None:
    start = f"{seeded.now - timedelta(days=20):%Y-%m-%dT%H:%M:%SZ}"
    end = f"{seeded.now - timedelta(hours=6):%Y-%m-%dT%H:%M:%SZ}"
    window = f"updated_at:>='{start}' AND updated_at:<'{end}'"
    nodes = visitor.all(stream)
    inside = [node for node in nodes if start <= node["updatedAt"] < end]
    assert 0 < len(inside) < len(nodes)
    assert visitor.all(stream, first=50 if stream == "orders" else 3, query=window) == inside


def test_a_customer_node_holds_the_cafes_customer(visitor: GraphqlClient, seeded: Cafe) -> None:
    customer = next(
        c for c in seeded.customers if c.birthday and c.email and c.phone and c.first_name
    )
    nodes = visitor.all("customers")
    received = next(
        node for node in nodes if node["id"] == f"gid://shopify/Customer/{customer.number}"
    )
    assert received == {
        "id": f"gid://shopify/Customer/{customer.number}",
        "firstName": customer.first_name,
        "lastName": customer.last_name,
        "createdAt": f"{customer.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "updatedAt": f"{customer.updated_at:%Y-%m-%dT%H:%M:%SZ}",
        "tags": list(customer.tags),
        "locale": customer.locale,
        "defaultEmailAddress": {
            "emailAddress": customer.email,
            "marketingState": customer.consent.state,
            "marketingOptInLevel": customer.consent.level,
            "marketingUpdatedAt": customer.consent.since
            and f"{customer.consent.since:%Y-%m-%dT%H:%M:%SZ}",
        },
        "defaultPhoneNumber": {"phoneNumber": customer.phone},
        "birthday": {"value": customer.birthday},
    }


def test_a_checkout_node_holds_the_cafes_checkout(visitor: GraphqlClient, seeded: Cafe) -> None:
    checkout = next(checkout for checkout in seeded.checkouts if checkout.completed_at is None)
    identity = f"gid://shopify/AbandonedCheckout/{checkout.number}"
    nodes = visitor.all("abandonedCheckouts")
    received = next(node for node in nodes if node["id"] == identity)
    assert received["createdAt"] == f"{checkout.created_at:%Y-%m-%dT%H:%M:%SZ}"
    assert received["updatedAt"] == f"{checkout.updated_at:%Y-%m-%dT%H:%M:%SZ}"
    assert received["completedAt"] is None
    assert received["abandonedCheckoutUrl"] == checkout.url
    assert received["customer"] == {"id": f"gid://shopify/Customer/{checkout.customer}"}
    assert [(line["title"], line["quantity"]) for line in received["lineItems"]["nodes"]] == [
        (line.product.title, line.quantity) for line in checkout.lines
    ]


def test_an_order_node_holds_the_cafes_order(visitor: GraphqlClient, seeded: Cafe) -> None:
    nodes = {node["name"]: node for node in visitor.all("orders")}
    for order in seeded.orders:
        received = nodes[order.name]
        assert (
            received["createdAt"]
            == received["processedAt"]
            == f"{order.placed_at:%Y-%m-%dT%H:%M:%SZ}"
        )
        assert received["updatedAt"] == f"{order.updated_at:%Y-%m-%dT%H:%M:%SZ}"
        assert (received["cancelledAt"] is not None) == (order.cancelled_at is not None)
        assert (received["test"], received["sourceName"]) == (order.test, order.channel)
        buyer = order.customer and {"id": f"gid://shopify/Customer/{order.customer}"}
        assert received["customer"] == buyer


def test_records_can_be_counted_up_to_a_limit(visitor: GraphqlClient, seeded: Cafe) -> None:
    query = "query($q: String, $l: Int) { ordersCount(query: $q, limit: $l) { count precision } }"
    total = len(seeded.orders)
    recent = f"updated_at:>='{seeded.now - timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}'"
    counts = [
        visitor.query(query, **variables)["data"]["ordersCount"]
        for variables in ({}, {"l": total}, {"l": total - 1}, {"l": None}, {"q": recent})
    ]
    exact = {"count": total, "precision": "EXACT"}
    assert counts[:4] == [exact, exact, {"count": total - 1, "precision": "AT_LEAST"}, exact]
    assert counts[4]["count"] == len(visitor.all("orders", query=recent)) < total


def test_without_an_address_there_is_no_address_object(
    visitor: GraphqlClient, seeded: Cafe
) -> None:
    nodes = visitor.all("customers")
    without_address = [node for node in nodes if node["defaultEmailAddress"] is None]
    assert len(without_address) == sum(customer.email is None for customer in seeded.customers) > 0


def test_the_lines_of_orders_and_checkouts_add_up(visitor: GraphqlClient) -> None:
    def cents(bag: dict[str, Any]) -> int:
        return round(float(bag["shopMoney"]["amount"]) * 100)

    for order in visitor.all("orders"):
        prices = [cents(line["discountedTotalSet"]) for line in order["lineItems"]["nodes"]]
        expected = 0 if order["cancelledAt"] else sum(prices)
        assert cents(order["currentTotalPriceSet"]) == expected
    for checkout in visitor.all("abandonedCheckouts"):
        prices = [cents(line["discountedTotalPriceSet"]) for line in checkout["lineItems"]["nodes"]]
        assert cents(checkout["totalPriceSet"]) == sum(prices) > 0


def test_a_change_between_two_runs_is_all_the_second_run_sees(seeded: Cafe) -> None:
    shop = Shop(seeded, Bucket(size=10**9))
    visitor = GraphqlClient(admin_api(shop))
    end = seeded.now + timedelta(minutes=5)
    touched = seeded.orders[3]
    shop.orders.put(replace(touched, updated_at=end))
    changed = visitor.all("orders", query=f"updated_at:>'{seeded.now:%Y-%m-%dT%H:%M:%SZ}'")
    assert [node["name"] for node in changed] == [touched.name]


def test_one_record_can_be_asked_for_by_its_id(visitor: GraphqlClient, seeded: Cafe) -> None:
    order = next(order for order in seeded.orders if order.customer)
    query = "query($o: ID!, $c: ID!) { order(id: $o) { name } customer(id: $c) { id } }"
    variables = {
        "o": f"gid://shopify/Order/{order.number}",
        "c": f"gid://shopify/Customer/{order.customer}",
    }
    assert visitor.query(query, **variables)["data"] == {
        "order": {"name": order.name},
        "customer": {"id": variables["c"]},
    }
    unknown = {"o": "gid://shopify/Order/1", "c": "rubbish"}
    assert visitor.query(query, **unknown)["data"] == {"order": None, "customer": None}


def test_what_was_asked_is_kept_for_tests_to_look_at(seeded: Cafe) -> None:
    shop = Shop(seeded)
    GraphqlClient(admin_api(shop)).query(requests.CUSTOMERS, first=5)
    assert list(shop.received_queries) == [(["customers"], {"first": 5})]


def test_every_time_is_in_utc_and_to_the_second(visitor: GraphqlClient) -> None:
    for stream in STREAMS:
        for node in visitor.all(stream):
            times = [node[name] for name in node if name.endswith("At") and node[name]]
            assert len(times) >= 2
            assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time) for time in times)


def test_awkward_records_arrive_unchanged() -> None:
    awkward = add_awkward_records(cafe(3))
    visitor = GraphqlClient(admin_api(Shop(awkward)))
    received = {node["firstName"] for node in visitor.all("customers")}
    assert {customer.first_name for customer in awkward.customers} == received
