"""The sandbox server's schema, compared with the one Shopify publishes."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import cast

import pytest
from graphql import (
    GraphQLSchema,
    IntrospectionQuery,
    NoDeprecatedCustomRule,
    build_client_schema,
    parse,
    validate,
)

from connectors.shopify import requests
from sandbox.shopify.graphql import schema_text
from sandbox.shopify.query_cost import query_cost
from sandbox.shopify.search import DOCUMENTED_FIELDS, SUPPORTED_FIELDS
from tests.sandbox.shopify_schema import CONTRACTS, VERSIONS, differences, introspect, published


@cache
def full_schema(version: str) -> GraphQLSchema:
    introspection = cast("IntrospectionQuery", published(version))
    return build_client_schema(introspection, assume_valid=True)


QUERIES = (
    *(requests.CUSTOMERS, requests.ORDERS, requests.ABANDONED_CHECKOUTS),
    *(requests.CONSENT, requests.UNSUBSCRIBE),
    *(requests.SHOP, requests.LATEST_CHECKOUTS, requests.reminders_query(30)),
)
NO_ERRORS: list[list[str]] = [[] for _ in QUERIES]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_sandbox_schema_is_part_of_shopifys(version: str) -> None:
    assert differences(introspect(schema_text()), published(version)) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_our_queries_are_valid_in_the_whole_published_schema(version: str) -> None:
    published_schema = full_schema(version)
    assert [validate(published_schema, parse(query)) for query in QUERIES] == NO_ERRORS


def test_our_queries_ask_for_nothing_that_is_deprecated() -> None:
    published_schema, rule = full_schema("2026-10"), NoDeprecatedCustomRule
    assert [validate(published_schema, parse(query), [rule]) for query in QUERIES] == NO_ERRORS
    assert validate(published_schema, parse("{ customers(first: 1) { nodes { email } } }"), [rule])


def test_the_search_fields_are_those_of_the_published_description() -> None:
    root = next(t for t in published("2026-10")["__schema"]["types"] if t["name"] == "QueryRoot")
    for connection, search_fields in DOCUMENTED_FIELDS.items():
        field = next(field for field in root["fields"] if field["name"] == connection)
        text = next(arg["description"] for arg in field["args"] if arg["name"] == "query")
        rows = re.findall(r"^\| (\w+) \|", text, re.MULTILINE)
        # The first row is the heading.
        assert search_fields == set(rows[1:]), connection
        assert set(SUPPORTED_FIELDS[connection]) <= search_fields


def test_the_cost_of_known_queries_is_what_shopify_was_seen_to_ask() -> None:
    published_schema = full_schema("2026-10")
    queries = json.loads((CONTRACTS / "queries_that_validate.json").read_text())
    costs = {
        name: query_cost(published_schema, parse(queries[name]), {"n": 250})
        for name in ("customers", "orders")
    }
    assert costs == {"customers": 46, "orders": 288}


PLANTED = (
    ("sortKey: CustomerSortKeys = ID", "sortKey: CustomerSortKeys = UPDATED_AT", "defaultValue"),
    ("reverse: Boolean = false", "reverse: Boolean = true", "defaultValue"),
    ("sortKey: OrderSortKeys = PROCESSED_AT", "sortKey: OrderSortKeys", "defaultValue"),
    ("firstName: String", "firstName: String!", "Customer.firstName is"),
    ("tags: [String!]!", "tags: [String]!", "Customer.tags is"),
    ("  firstName: String", "  nickname: String\n  firstName: String", "nickname is not published"),
    ("  UPDATED_AT\n}", "  UPDATED_AT\n  SHOE_SIZE\n}", "SHOE_SIZE is not published"),
    ("type MoneyV2 {", "type MoneyV2 implements Node {\n  id: ID!", "Node is not published"),
    ("amount: Decimal!", "amount: UnsignedInt64!", "MoneyV2.amount is"),
    ("customer(id: ID!): Customer", "customer: Customer", "id is required and missing"),
    ("customer(id: ID!): Customer", "customer(id: ID): Customer", "QueryRoot.customer:id is"),
    ("after: String\n", "after: String\n    nearby: Int\n", "nearby is not published"),
    (
        'email: String @deprecated(reason: "Use `defaultEmailAddress.emailAddress` instead.")',
        "email: String",
        "Customer.email isDeprecated",
    ),
    ("locale: String!", "locale: String! @deprecated", "Customer.locale isDeprecated"),
    ("scalar Decimal", "enum Decimal { FEW }", "Decimal kind"),
    ("type ApiVersion {", "type Invented { id: ID! }\ntype ApiVersion {", "Invented is not"),
    ("type ApiVersion {", "type ApiVersion implements Node {\n  id: ID!", "interfaces: Node"),
    ("  query: QueryRoot\n", "  query: Shop\n", "queryType"),
    ("  mutation: Mutation\n", "  mutation: Shop\n", "mutationType"),
    ("marketingState: CustomerEmailMarketingState!", "marketingState: String!", "State is"),
    ("customerId: ID!", "customerId: ID", "customerId is"),
)


@pytest.mark.parametrize(("original", "planted", "difference"), PLANTED)
def test_a_planted_fault_in_the_schema_is_found(
    original: str, planted: str, difference: str
) -> None:
    sdl = schema_text()
    assert original in sdl
    changed = introspect(sdl.replace(original, planted))
    assert any(difference in line for line in differences(changed, introspect(sdl)))


INPUTS = """
type Query { find(by: Wish!): Int }
input Wish { name: String! most: Int = 10 }
union Pet = Cat | Dog
type Cat { age: Int }
type Dog { age: Int }
directive @shy(how: Int = 1) on FIELD
"""


@pytest.mark.parametrize(
    ("original", "planted", "difference"),
    [
        ("name: String!", "", "Wish:name is required and missing"),
        ("most: Int = 10", "most: Int = 20", "Wish:most defaultValue"),
        ("most: Int = 10", "most: Int! = 10", "Wish:most is"),
        ("most: Int = 10", "most: Int = 10 least: Int", "least is not published"),
        ("how: Int = 1", "how: Int = 2", "@shy:how defaultValue"),
        ("@shy(", "@bold(", "bold is not published"),
        ("union Pet = Cat | Dog", "union Pet = Cat | Dog | Query", "possibleTypes: Query"),
    ],
)
def test_a_planted_fault_in_an_input_or_a_union_is_found(
    original: str, planted: str, difference: str
) -> None:
    lines = differences(introspect(INPUTS.replace(original, planted)), introspect(INPUTS))
    assert any(difference in line for line in lines)


def test_a_schema_is_part_of_itself_and_may_leave_things_out() -> None:
    full = introspect(schema_text())
    smaller = schema_text().replace("  CREATED_AT\n", "").replace("    query: String\n", "")
    assert smaller != schema_text()
    assert differences(full, full) == []
    assert differences(introspect(smaller), full) == []
    assert differences(full, introspect(smaller)) != []
