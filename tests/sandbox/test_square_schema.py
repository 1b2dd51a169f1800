"""The sandbox server's schemas and its traffic, compared with Square's specification."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from connectors.square.requests import API_VERSION
from connectors.sync import sync_source
from sandbox.cafe import NOW
from sandbox.square.schemas import find_violations, specification
from tests.connectors.corner_till import SquareSandbox
from tests.connectors.square.test_rows import READERS
from tests.faults.square import HttpError
from tests.sandbox.square_specification import (
    Exchange,
    RecordingTransport,
    differences,
    published,
    strict_schema,
    violations,
)

pytestmark = pytest.mark.usefixtures("shared")


def test_the_sandbox_schema_is_part_of_squares() -> None:
    assert list(differences(specification(), published())) == []


def test_the_version_is_the_published_one() -> None:
    assert specification()["version"] == API_VERSION


PLANTED: list[tuple[str, Callable[[Any], Any], str]] = [
    ("a name", lambda s: s["schemas"].update(Gift={}), "Gift is not published"),
    (
        "a field",
        lambda s: s["schemas"]["Customer"]["properties"].update(shoe={"type": "integer"}),
        "Customer.shoe is not published",
    ),
    (
        "a type",
        lambda s: s["schemas"]["Money"]["properties"]["amount"].update(type="string"),
        "Money.amount type",
    ),
    (
        "a reference",
        lambda s: s["schemas"]["Order"]["properties"].update(total_money={"$ref": "#/Order"}),
        "Order.total_money is a Order",
    ),
    (
        "what may be empty",
        lambda s: s["schemas"]["Customer"]["properties"]["birthday"].pop("nullable"),
        "Customer.birthday nullable",
    ),
    (
        "a word",
        lambda s: s["schemas"]["OrderState"]["enum"].append("EATEN"),
        "OrderState enum has ['EATEN']",
    ),
    ("what must be there", lambda s: s["schemas"]["LoyaltyEvent"].pop("required"), "requires None"),
    (
        "a bound",
        lambda s: s["schemas"]["SearchCustomersRequest"]["properties"]["limit"].pop("maximum"),
        "limit maximum",
    ),
    ("an address", lambda s: s["paths"].update({"/v2/cakes": {"get": {}}}), "/v2/cakes is not"),
    (
        "a parameter",
        lambda s: s["paths"]["/v2/refunds"]["get"]["parameters"].update(mood={"type": "string"}),
        "?mood is not published",
    ),
    (
        "an answer",
        lambda s: s["paths"]["/v2/refunds"]["get"].update(response="Customer"),
        "answers Customer",
    ),
    (
        "what a list holds",
        lambda s: s["schemas"]["Order"]["properties"]["line_items"].update(
            items={"type": "string"}
        ),
        "Order.line_items[]",
    ),
]


@pytest.mark.parametrize(("plant", "difference"), [one[1:] for one in PLANTED], ids=lambda _: "")
def test_a_planted_fault_is_found(plant: Callable[[Any], Any], difference: str) -> None:
    changed = copy.deepcopy(specification())
    plant(changed)
    assert any(difference in line for line in differences(changed, published()))


def test_an_unknown_field_is_refused_by_both() -> None:
    request = {"limit": 5, "qery": {}}
    assert "qery" in violations("SearchCustomersRequest", request)[0]
    schema = {"$ref": "#/SearchCustomersRequest"}
    assert [violation.code for violation in find_violations(request, schema)] == [
        "UNKNOWN_BODY_PARAMETER"
    ]


def test_all_that_is_asked_and_answered_is_as_published(engine: Engine, tmp_path: Path) -> None:
    exchanges = [
        *record_sync(engine, tmp_path, NOW),
        *record_sync(engine, tmp_path, NOW + timedelta(hours=3)),
    ]
    assert {exchange.path for exchange in exchanges} == {
        path.replace("{program_id}", "main") for path in specification()["paths"]
    }
    assert [exchange.violations() for exchange in exchanges if exchange.violations()] == []
    assert [
        list(sandbox_violations(exchange))
        for exchange in exchanges
        if list(sandbox_violations(exchange))
    ] == []


def record_sync(engine: Engine, folder: Path, now: Any) -> list[Exchange]:
    sandbox = SquareSandbox()
    sandbox.faults.plan(HttpError(429, 2), on="orders")
    connector = sandbox.connect(folder)
    assert connector.transport is not None
    recorder = RecordingTransport(connector.transport)
    object.__setattr__(connector, "transport", recorder)
    asyncio.run(sync_source(engine, "till", connector, now=now))
    return recorder.exchanges


def sandbox_violations(exchange: Exchange) -> Any:
    path = exchange.path.replace("/main", "/{program_id}")
    described = specification()["paths"][path][exchange.method.lower()]
    return find_violations(exchange.response_body, {"$ref": f"#/{described['response']}"})


EXAMPLES = (
    "SearchCustomersResponse",
    "SearchOrdersResponse",
    "ListPaymentRefundsResponse",
    "SearchLoyaltyAccountsResponse",
    "SearchLoyaltyEventsResponse",
    "ListBookingsResponse",
)


@pytest.mark.parametrize("name", EXAMPLES)
def test_squares_own_examples_are_valid_and_can_be_read(name: str, shared: Path) -> None:
    path = shared / "fixtures/square/examples" / f"{name}.json"
    body = json.loads(path.read_text())["example"]
    for key, records in body.items():
        if key in READERS:
            parsed_records = [READERS[key](record, NOW) for record in records]
            assert [parsed.errors for parsed in parsed_records if parsed.errors] == []
            assert len(parsed_records) > 0


def test_a_schema_is_strict_at_every_depth() -> None:
    deep = {"type": "object", "properties": {"a": {"type": "object", "properties": {}}}}
    assert strict_schema(deep)["properties"]["a"]["additionalProperties"] is False
    assert httpx.URL("/v2/refunds").path == "/v2/refunds"
