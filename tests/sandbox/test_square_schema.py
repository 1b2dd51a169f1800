"""The look-alike's schemas and all that is said over the line, held against Square's own."""

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
from sandbox.square.faults import Refuses
from sandbox.square.schemas import problems, specification
from tests.connectors.corner_till import SquareSandbox
from tests.connectors.square.test_rows import READERS
from tests.sandbox.square_specification import (
    Exchange,
    Listening,
    differences,
    published,
    strictly,
    violations,
)

pytestmark = pytest.mark.usefixtures("shared")


def test_the_look_alike_says_nothing_that_square_does_not_publish() -> None:
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


@pytest.mark.parametrize(("plant", "found"), [one[1:] for one in PLANTED], ids=lambda _: "")
def test_a_planted_fault_is_found(plant: Callable[[Any], Any], found: str) -> None:
    ours = copy.deepcopy(specification())
    plant(ours)
    assert any(found in line for line in differences(ours, published()))


def test_an_unknown_field_is_refused_by_both() -> None:
    asked = {"limit": 5, "qery": {}}
    assert "qery" in violations("SearchCustomersRequest", asked)[0]
    named = {"$ref": "#/SearchCustomersRequest"}
    assert [one.code for one in problems(asked, named)] == ["UNKNOWN_BODY_PARAMETER"]


def test_all_that_is_asked_and_answered_is_as_published(engine: Engine, tmp_path: Path) -> None:
    heard = [*a_sync(engine, tmp_path, NOW), *a_sync(engine, tmp_path, NOW + timedelta(hours=3))]
    assert {one.path for one in heard} == {
        path.replace("{program_id}", "main") for path in specification()["paths"]
    }
    assert [one.violations() for one in heard if one.violations()] == []
    assert [list(own_violations(one)) for one in heard if list(own_violations(one))] == []


def a_sync(engine: Engine, folder: Path, now: Any) -> list[Exchange]:
    look_alike = SquareSandbox()
    look_alike.faults.then(Refuses(429, 2), on="orders")
    connector = look_alike.connect(folder)
    assert connector.transport is not None
    listening = Listening(connector.transport)
    object.__setattr__(connector, "transport", listening)
    asyncio.run(sync_source(engine, "till", connector, now=now))
    return listening.heard


def own_violations(exchange: Exchange) -> Any:
    path = exchange.path.replace("/main", "/{program_id}")
    described = specification()["paths"][path][exchange.method.lower()]
    return problems(exchange.answered, {"$ref": f"#/{described['response']}"})


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
    file = shared / "fixtures/square/examples" / f"{name}.json"
    body = json.loads(file.read_text())["example"]
    for key, records in body.items():
        if key in READERS:
            read = [READERS[key](record, NOW) for record in records]
            assert [one.errors for one in read if one.errors] == []
            assert len(read) > 0


def test_a_schema_is_strict_at_every_depth() -> None:
    deep = {"type": "object", "properties": {"a": {"type": "object", "properties": {}}}}
    assert strictly(deep)["properties"]["a"]["additionalProperties"] is False
    assert httpx.URL("/v2/refunds").path == "/v2/refunds"
