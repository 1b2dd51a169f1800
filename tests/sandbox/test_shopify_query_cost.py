"""The cost of queries, and how the bucket empties and fills."""

from __future__ import annotations

import pytest
from graphql import parse

from connectors.shopify import requests
from connectors.shopify.connector import PAGE_SIZE
from sandbox.shopify.graphql import schema
from sandbox.shopify.query_cost import MAX_QUERY_COST, Bucket, query_cost

BY_NODES = "{ customers(first: 10) { nodes { id defaultEmailAddress { emailAddress } } } }"
WHO = "fragment who on Customer { defaultPhoneNumber { phoneNumber } }"


def cost(query: str, **variables: int) -> int:
    return query_cost(schema(), parse(query), variables)


@pytest.mark.parametrize(
    ("query", "points"),
    [
        ("{ shop { name } }", 1),
        ("{ customersCount { count } }", 10),
        ("{ shop { name } publicApiVersions { handle } }", 2),
        ("{ customers(first: 1) { nodes { id } } }", 3),
        ("{ customers(first: 10) { nodes { id } } }", 6),
        ("{ customers(first: 10) { nodes { amountSpent { amount } } } }", 6),
        ("{ customers(first: 10) { nodes { id } pageInfo { hasNextPage } } }", 6),
        (BY_NODES, 10),
        (BY_NODES.replace("nodes {", "edges { node {").replace("} } } }", "} } } } }"), 10),
        ("{ a: customers(first: 1) { nodes { id } } b: customers(first: 1) { nodes { id } } }", 6),
        (
            "query ($n: Int = 1) { customers(first: $n) { nodes { ...who } } } " + WHO,
            4,
        ),
        (
            '{ customers(first: 10) { nodes { ... on Customer { metafield(key: "k") { id } } } } }',
            10,
        ),
        (
            "{ orders(first: 10) { nodes { lineItems(first: 50) { nodes { product { id } } } } } }",
            70,
        ),
    ],
)
def test_a_query_costs_what_its_records_do(query: str, points: int) -> None:
    assert cost(query) == points


def test_a_larger_page_is_cheaper_for_each_record() -> None:
    costs = {first: cost(requests.ORDERS, first=first) for first in (1, 10, 250)}
    assert costs == {1: 20, 10: 74, 250: 200}


def test_the_largest_pages_stay_within_shopifys_limit() -> None:
    for query in (requests.CUSTOMERS, requests.ORDERS, requests.ABANDONED_CHECKOUTS):
        assert cost(query, first=PAGE_SIZE) <= MAX_QUERY_COST / 2


def test_the_actual_cost_follows_what_was_returned() -> None:
    document = parse(requests.CUSTOMERS)
    requested = query_cost(schema(), document, {"first": 250})
    assert requested == 46
    assert query_cost(schema(), document, {"first": 250}, {"customers": 250}) == requested
    assert query_cost(schema(), document, {"first": 250}, {"customers": 0}) == 6


def test_the_bucket_empties_and_fills_with_time() -> None:
    now = [50.0]
    bucket = Bucket(size=100, restore_rate=10, clock=lambda: now[0])
    assert bucket.available() == 100
    bucket.spend(70)
    assert bucket.available() == 30
    now[0] += 2
    status = bucket.status()
    assert status == {"maximumAvailable": 100, "currentlyAvailable": 50, "restoreRate": 10}
    assert {type(number) for number in status.values()} == {int}
    now[0] += 60
    assert bucket.available() == 100


def test_the_bucket_never_owes() -> None:
    bucket = Bucket(size=100, restore_rate=0, clock=lambda: 0.0)
    bucket.spend(170)
    assert bucket.available() == 0
