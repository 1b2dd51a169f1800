"""The look-alike over HTTP: signing in, asking, paging, and being refused as Shopify refuses."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.shopify import requests
from connectors.shopify.requests import API_VERSION
from sandbox.cafe import Cafe, cafe
from sandbox.shopify.graphql import VERSIONS, Shop
from sandbox.shopify.query_cost import Bucket
from sandbox.shopify.server import admin_api
from sandbox.shopify.tokens import Tokens
from tests.sandbox.awkward_records import add_awkward_records
from tests.sandbox.graphql_client import (
    BY_STREAM,
    GRAPHQL_PATH,
    SIGN_IN,
    TOKEN_PATH,
    GraphqlClient,
    post,
    sign_in,
)

STREAMS = tuple(BY_STREAM)


@pytest.fixture(scope="module")
def seeded() -> Cafe:
    return cafe(60)


@pytest.fixture
def visitor(seeded: Cafe) -> GraphqlClient:
    return GraphqlClient(admin_api(Shop(seeded, Bucket(size=10**9))))


# Signing in.


def test_client_credentials_give_a_token_for_a_day(visitor: GraphqlClient) -> None:
    for parts in ({"data": SIGN_IN}, {"json": SIGN_IN}):
        answer = post(visitor.app, TOKEN_PATH, **parts)
        assert answer.status_code == 200
        assert set(answer.json()) == {"access_token", "scope", "expires_in"}
        assert answer.json()["expires_in"] == 86_399
        assert "read_all_orders" in answer.json()["scope"].split(",")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"client_id": "somebody"}, "application_cannot_be_found"),
        ({"client_secret": "guessed"}, "invalid_client"),
        ({"grant_type": "password"}, "invalid_request"),
    ],
)
def test_wrong_credentials_are_refused_on_a_web_page_or_in_json(
    visitor: GraphqlClient, wrong: dict[str, str], code: str
) -> None:
    page = sign_in(visitor.app, **wrong)
    assert page.status_code == 400
    assert f"Oauth error {code}" in page.text
    response = post(
        visitor.app, TOKEN_PATH, json={**SIGN_IN, **wrong}, headers={"Accept": "application/json"}
    )
    assert (response.status_code, response.json()["error"]) == (400, code)


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b"\xff\xfe=1"])
def test_a_sign_in_that_cannot_be_read_is_refused(visitor: GraphqlClient, body: bytes) -> None:
    for kind in ("application/json", "application/x-www-form-urlencoded"):
        answer = post(visitor.app, TOKEN_PATH, content=body, headers={"Content-Type": kind})
        assert answer.status_code == 400


@pytest.mark.parametrize("headers", [{}, {"X-Shopify-Access-Token": "shpat_guessed"}])
def test_a_wrong_or_missing_token_is_refused(
    visitor: GraphqlClient, headers: dict[str, str]
) -> None:
    answer = post(visitor.app, GRAPHQL_PATH, json={"query": "{ shop { name } }"}, headers=headers)
    assert answer.status_code == 401
    assert answer.json() == {
        "errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"
    }


def test_a_token_ends_with_its_time_and_a_new_one_works(seeded: Cafe) -> None:
    now = [1_000.0]
    tokens = Tokens(lifetime=60, clock=lambda: now[0])
    visitor = GraphqlClient(admin_api(Shop(seeded), tokens=tokens))
    now[0] += 59
    assert visitor.post("{ shop { name } }").status_code == 200
    now[0] += 1
    assert visitor.post("{ shop { name } }").status_code == 401
    assert GraphqlClient(visitor.app).post("{ shop { name } }").status_code == 200


def test_tokens_can_be_expired_at_once(seeded: Cafe) -> None:
    tokens = Tokens()
    visitor = GraphqlClient(admin_api(Shop(seeded), tokens=tokens))
    tokens.expire_all()
    assert visitor.post("{ shop { name } }").status_code == 401


# Versions and bodies.


def test_the_version_of_our_queries_is_served() -> None:
    assert API_VERSION in VERSIONS


@pytest.mark.parametrize(
    ("requested", "status", "served"),
    [
        ("2026-10", 200, "2026-10"),
        ("2026-07", 200, "2026-07"),
        ("2025-01", 200, "2026-07"),
        ("2027-01", 404, None),
        ("2026-05", 404, None),
        ("latest", 404, None),
    ],
)
def test_a_retired_version_is_served_by_the_oldest_and_an_unknown_one_is_not(
    visitor: GraphqlClient, requested: str, status: int, served: str | None
) -> None:
    answer = visitor.post("{ shop { name } }", path=f"/admin/api/{requested}/graphql.json")
    assert answer.status_code == status
    assert answer.headers.get("X-Shopify-API-Version") == served


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"variables": {}}', b'{"query": 7}'])
def test_a_request_without_a_query_is_refused(visitor: GraphqlClient, body: bytes) -> None:
    headers = {"X-Shopify-Access-Token": visitor.token}
    assert post(visitor.app, GRAPHQL_PATH, content=body, headers=headers).status_code == 400


# Answers.


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


# Refusals.


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in answer["errors"]]


@pytest.mark.parametrize(
    ("query", "code", "path"),
    [
        (
            "query Who { customers(first: 1) { nodes { emial } } }",
            "undefinedField",
            ["query Who", "customers", "nodes", "emial"],
        ),
        (
            "{ abandonedCheckouts(first: 1, sortKey: UPDATED_AT) { nodes { id } } }",
            "argumentLiteralsIncompatible",
            ["query", "abandonedCheckouts", "sortKey"],
        ),
        ("{ customers(most: 1) { nodes { id } } }", "argumentNotAccepted", None),
        ("{ customer { id } }", "missingRequiredArguments", ["query", "customer"]),
        ("{ shop }", "selectionMismatch", ["query", "shop"]),
        ("{ customers(first: $n) { nodes { id } } }", "variableNotDefined", None),
        ("query ($n: Int) { shop { name } }", "variableNotUsed", None),
    ],
)
def test_what_the_schema_does_not_know_is_refused_with_shopifys_code(
    visitor: GraphqlClient, query: str, code: str, path: list[str] | None
) -> None:
    response = visitor.post(query)
    answer = response.json()
    assert response.status_code == 200
    assert codes(answer) == [code]
    assert "data" not in answer
    assert set(answer["errors"][0]["locations"][0]) == {"line", "column"}
    if path:
        assert answer["errors"][0]["path"] == path


def test_what_is_not_graphql_is_refused_with_its_place(visitor: GraphqlClient) -> None:
    answer = visitor.query("{ customers(first: 1) { nodes { id }")
    assert answer["errors"][0]["locations"] == [{"line": 1, "column": 37}]


@pytest.mark.parametrize("variables", [{"first": 251}, {"first": 2, "after": "rubbish"}])
def test_a_page_that_cannot_be_is_refused_without_data(
    visitor: GraphqlClient, variables: dict[str, Any]
) -> None:
    answer = visitor.query(requests.CUSTOMERS, **variables)
    assert answer["data"] is None
    assert codes(answer) == ["BAD_REQUEST"]
    assert answer["errors"][0]["path"] == ["customers"]


def test_a_page_without_a_size_is_refused(visitor: GraphqlClient) -> None:
    assert codes(visitor.query("{ customers { nodes { id } } }")) == ["BAD_REQUEST"]


def test_a_variable_of_the_wrong_kind_is_refused(visitor: GraphqlClient) -> None:
    assert codes(visitor.query(requests.CUSTOMERS, first="many")) == ["INVALID_VARIABLE"]


def test_an_unknown_search_field_is_ignored_and_only_a_warning_says_so(
    visitor: GraphqlClient, seeded: Cafe
) -> None:
    wrong = "upated_at:>'2099-01-01'"
    answer = visitor.query(requests.CUSTOMERS, first=250, query=wrong)
    assert len(answer["data"]["customers"]["nodes"]) == len(seeded.customers)
    [search] = answer["extensions"]["search"]
    assert (search["path"], search["query"]) == (["customers"], wrong)
    assert search["warnings"][0]["code"] == "invalid_field"
    assert "errors" not in answer
    assert "search" not in visitor.query(requests.CUSTOMERS, first=1)["extensions"]


# The bucket.


def test_every_answer_says_what_it_cost(visitor: GraphqlClient) -> None:
    cost = visitor.query(requests.CUSTOMERS, first=250)["extensions"]["cost"]
    assert cost["requestedQueryCost"] == 46
    assert 0 < cost["actualQueryCost"] < 46
    assert set(cost["throttleStatus"]) == {"maximumAvailable", "currentlyAvailable", "restoreRate"}


def test_an_empty_bucket_throttles_until_it_has_filled(seeded: Cafe) -> None:
    now = [0.0]
    bucket = Bucket(size=100, restore_rate=10, clock=lambda: now[0])
    visitor = GraphqlClient(admin_api(Shop(seeded, bucket)))
    answers = [visitor.post(requests.CUSTOMERS, first=250) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200] * 4
    throttled = answers[-1].json()
    assert codes(throttled) == ["THROTTLED"]
    assert "data" not in throttled
    cost = throttled["extensions"]["cost"]
    assert cost["actualQueryCost"] is None
    missing = cost["requestedQueryCost"] - cost["throttleStatus"]["currentlyAvailable"]
    assert missing > 0
    now[0] += missing / cost["throttleStatus"]["restoreRate"]
    assert "data" in visitor.query(requests.CUSTOMERS, first=250)


def test_only_what_was_returned_is_paid_for(seeded: Cafe) -> None:
    bucket = Bucket(size=100, restore_rate=0, clock=lambda: 0.0)
    visitor = GraphqlClient(admin_api(Shop(seeded, bucket)))
    cost = visitor.query(requests.ABANDONED_CHECKOUTS, first=1)["extensions"]["cost"]
    assert cost["throttleStatus"]["currentlyAvailable"] == 100 - cost["actualQueryCost"]
    empty = visitor.query(requests.CUSTOMERS, first=250, query="id:1")["extensions"]["cost"]
    assert empty["actualQueryCost"] < empty["requestedQueryCost"]
    assert bucket.available() == 100 - cost["actualQueryCost"] - empty["actualQueryCost"]


def test_the_standard_plan_is_the_default(seeded: Cafe) -> None:
    status = GraphqlClient(admin_api(Shop(seeded))).query("{ shop { name } }")["extensions"]["cost"]
    assert status["throttleStatus"]["maximumAvailable"] == 2_000
    assert status["throttleStatus"]["restoreRate"] == 100


def test_a_single_query_may_not_cost_more_than_a_thousand(visitor: GraphqlClient) -> None:
    dear = "{ orders(first: 250) { nodes { lineItems(first: 250) { nodes { product { id } } } } } }"
    query = "query { " + " ".join(f"a{n}: {dear[2:-2]}" for n in range(4)) + " }"
    assert codes(visitor.query(query)) == ["MAX_COST_EXCEEDED"]


def test_awkward_records_arrive_unchanged() -> None:
    awkward = add_awkward_records(cafe(3))
    visitor = GraphqlClient(admin_api(Shop(awkward)))
    received = {node["firstName"] for node in visitor.all("customers")}
    assert {customer.first_name for customer in awkward.customers} == received


def test_other_paths_do_not_exist(visitor: GraphqlClient) -> None:
    assert post(visitor.app, "/admin/api/2026-10/orders.json").status_code == 404
