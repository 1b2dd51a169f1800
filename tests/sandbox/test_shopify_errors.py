"""Errors and throttling of the Admin API, as Shopify returns them."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.shopify import requests
from sandbox.cafe import Cafe
from sandbox.shopify.graphql import Shop
from sandbox.shopify.query_cost import Bucket
from sandbox.shopify.server import admin_api
from tests.sandbox.graphql_client import (
    GraphqlClient,
)


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
