"""The till's look-alike answers as Square does, refuses what Square refuses, and pages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox.cafe import NOW, cafe
from sandbox.faults import Faults, HalfAPage
from sandbox.server import running
from sandbox.square.faults import Refuses
from sandbox.square.records import LOCATION, stamp
from sandbox.square.search import Seller
from sandbox.square.server import ACCESS_TOKEN, square_api
from sandbox.till import till

SMALL = till(cafe(30))
SIGNED_IN = {"Authorization": f"Bearer {ACCESS_TOKEN}", "Square-Version": "2025-08-20"}
BACK = timedelta(days=-30)


class Visitor:
    """An application with a token in its hand."""

    def __init__(self, headers: dict[str, str] | None = None) -> None:
        self.seller = Seller(SMALL)
        self.faults = Faults()
        self.app = square_api(self.seller, faults=self.faults)
        self.headers = SIGNED_IN if headers is None else headers

    def request(self, method: str, path: str, **parts: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://till.test") as http:
                return await http.request(method, path, headers=self.headers, **parts)

        return asyncio.run(send())

    def get(self, path: str, **params: str) -> httpx.Response:
        return self.request("GET", path, params=params)

    def ask(self, path: str, body: dict[str, Any]) -> Any:
        return self.request("POST", path, json=body).json()

    def refused(self, path: str, body: dict[str, Any]) -> str:
        [error] = self.ask(path, body)["errors"]
        return str(error["code"])

    def pages(self, path: str, holds: str, body: dict[str, Any]) -> Iterator[list[Any]]:
        cursor = None
        while True:
            answer = self.ask(path, body | ({"cursor": cursor} if cursor else {}))
            yield answer.get(holds, [])
            cursor = answer.get("cursor")
            if cursor is None:
                return


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


ORDERS = {"location_ids": [LOCATION]}
BY_CHANGE = {
    "filter": {"date_time_filter": {"updated_at": {"end_at": stamp(NOW)}}},
    "sort": {"sort_field": "UPDATED_AT", "sort_order": "ASC"},
}
PAGED: dict[str, tuple[str, dict[str, Any], str]] = {
    "customers": ("/v2/customers/search", {"limit": 7}, "customers"),
    "orders": ("/v2/orders/search", {**ORDERS, "limit": 50, "query": BY_CHANGE}, "sales"),
    "loyalty_accounts": ("/v2/loyalty/accounts/search", {"limit": 3}, "accounts"),
    "events": ("/v2/loyalty/events/search", {"limit": 30}, "events"),
}


@pytest.mark.parametrize("holds", PAGED)
def test_pages_hold_everything_once(visitor: Visitor, holds: str) -> None:
    path, body, name = PAGED[holds]
    pages = list(visitor.pages(path, holds, body))
    found = [one["id"] for page in pages for one in page]
    assert len(pages) > 2
    assert sorted(found) == sorted(one.code for one in getattr(SMALL, name))
    assert max(map(len, pages)) <= body["limit"]


def test_orders_come_the_newest_first_unless_asked(visitor: Visitor) -> None:
    newest = [one["created_at"] for one in visitor.ask("/v2/orders/search", ORDERS)["orders"]]
    oldest = visitor.ask("/v2/orders/search", {**ORDERS, "query": BY_CHANGE})["orders"]
    changed = [one["updated_at"][:19] for one in oldest]
    assert [one[:19] for one in newest] == sorted((one[:19] for one in newest), reverse=True)
    assert changed == sorted(changed)


def test_events_come_the_newest_first_and_only_in_their_time(visitor: Visitor) -> None:
    span = {"start_at": stamp(NOW + BACK), "end_at": stamp(NOW)}
    query = {"filter": {"date_time_filter": {"created_at": span}}}
    pages = visitor.pages("/v2/loyalty/events/search", "events", {"query": query})
    found = [one["created_at"][:19] for page in pages for one in page]
    assert found == sorted(found, reverse=True)
    assert len(found) == sum(NOW + BACK <= one.at < NOW for one in SMALL.events)


def test_refunds_are_those_of_the_last_year_unless_asked(visitor: Visitor) -> None:
    asked = {"sort_order": "ASC"}
    last_year = visitor.get("/v2/refunds", **asked).json().get("refunds", [])
    everything = visitor.get("/v2/refunds", begin_time="2009-01-01T00:00:00Z", **asked).json()[
        "refunds"
    ]
    year = NOW - timedelta(days=365)
    assert len(everything) == len(SMALL.refunds)
    assert len(last_year) == sum(one.created_at >= year for one in SMALL.refunds)


def test_bookings_of_a_month_at_most(visitor: Visitor) -> None:
    def asked(days: int) -> Any:
        span = {"start_at_min": stamp(NOW), "start_at_max": stamp(NOW + timedelta(days=days))}
        return visitor.get("/v2/bookings", **span).json()

    ahead = [one for one in SMALL.bookings if timedelta() <= one.start_at - NOW < -BACK]
    assert len(asked(30).get("bookings", [])) == len(ahead)
    assert asked(32)["errors"][0]["code"] == "INVALID_TIME_RANGE"


def test_orders_by_their_numbers_and_unknown_ones_are_passed_over(visitor: Visitor) -> None:
    known = [one.code for one in SMALL.sales[:3]]
    found = visitor.ask("/v2/orders/batch-retrieve", {"order_ids": [*known, "NOBODY"]})
    assert [one["id"] for one in found["orders"]] == known


CUSTOMERS, EVENTS = "/v2/customers/search", "/v2/loyalty/events/search"
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (CUSTOMERS, {"limit": 101}, "VALUE_TOO_HIGH"),
    (CUSTOMERS, {"limit": 0}, "VALUE_TOO_LOW"),
    (CUSTOMERS, {"limit": "5"}, "INCORRECT_TYPE"),
    (CUSTOMERS, {"limit": True}, "INCORRECT_TYPE"),
    (CUSTOMERS, {"qery": {}}, "UNKNOWN_BODY_PARAMETER"),
    (CUSTOMERS, {"query": {"sort": {"field": "UPDATED_AT"}}}, "INVALID_ENUM_VALUE"),
    (CUSTOMERS, {"query": {"filter": {"updated_art": {}}}}, "UNKNOWN_BODY_PARAMETER"),
    (CUSTOMERS, {"cursor": "bogus"}, "INVALID_CURSOR"),
    (
        CUSTOMERS,
        {"query": {"filter": {"updated_at": {"start_at": "soon"}}}},
        "INVALID_TIME",
    ),
    (CUSTOMERS, {"query": {"filter": {"updated_at": {"end_at": "2026-03-03"}}}}, "INVALID_TIME"),
    ("/v2/orders/search", {}, "MISSING_REQUIRED_PARAMETER"),
    ("/v2/orders/search", {"location_ids": ["L"] * 11}, "ARRAY_LENGTH_TOO_LONG"),
    ("/v2/orders/search", {**ORDERS, "limit": 1_001}, "VALUE_TOO_HIGH"),
    (
        "/v2/orders/search",
        {**ORDERS, "query": {"filter": BY_CHANGE["filter"], "sort": {"sort_field": "CREATED_AT"}}},
        "BAD_REQUEST",
    ),
    (
        "/v2/orders/search",
        {**ORDERS, "query": {"filter": BY_CHANGE["filter"]}},
        "BAD_REQUEST",  # its own sorting is by another time
    ),
    ("/v2/orders/batch-retrieve", {"order_ids": ["A"] * 101}, "ARRAY_LENGTH_TOO_LONG"),
    (EVENTS, {"limit": 31}, "VALUE_TOO_HIGH"),
    (
        EVENTS,
        {"query": {"filter": {"date_time_filter": {}}}},
        "MISSING_REQUIRED_PARAMETER",
    ),
]


@pytest.mark.parametrize(("path", "body", "code"), REFUSED)
def test_what_square_refuses(visitor: Visitor, path: str, body: Any, code: str) -> None:
    assert visitor.refused(path, body) == code


def test_a_cursor_is_only_good_for_its_question(visitor: Visitor) -> None:
    cursor = visitor.ask(CUSTOMERS, {"limit": 5})["cursor"]
    assert visitor.ask(CUSTOMERS, {"limit": 5, "cursor": cursor})["customers"]
    assert visitor.refused(CUSTOMERS, {"limit": 6, "cursor": cursor}) == "INVALID_CURSOR"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "UNAUTHORIZED"),
        ({**SIGNED_IN, "Authorization": "Bearer wrong"}, 401, "UNAUTHORIZED"),
        ({**SIGNED_IN, "Square-Version": "latest"}, 400, "INVALID_SQUARE_VERSION_FORMAT"),
    ],
)
def test_who_may_not_ask(headers: dict[str, str], status: int, code: str) -> None:
    reply = Visitor(headers).get("/v2/locations")
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (status, code)


def test_no_body_and_an_unknown_parameter_are_refused(visitor: Visitor) -> None:
    reply = visitor.request("POST", CUSTOMERS, content=b"{")
    assert reply.json()["errors"][0]["code"] == "EXPECTED_JSON_BODY"
    reply = visitor.get("/v2/refunds", mood="good")
    assert reply.json()["errors"][0]["code"] == "UNKNOWN_QUERY_PARAMETER"


def test_the_one_programme_is_called_main(visitor: Visitor) -> None:
    assert visitor.get("/v2/loyalty/programs/main").json()["program"]["status"] == "ACTIVE"
    assert visitor.get("/v2/loyalty/programs/other").status_code == 404
    visitor.seller.programme = None
    assert visitor.get("/v2/loyalty/programs/main").status_code == 404


@pytest.mark.parametrize(("status", "wait"), [(401, None), (429, 2.0), (500, None), (503, 0.5)])
def test_planned_refusals_come_and_pass(visitor: Visitor, status: int, wait: float | None) -> None:
    visitor.faults.then(Refuses(status, wait), times=2, on="customers")
    replies = [visitor.request("POST", CUSTOMERS, json={}) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [status, status, 200]
    assert replies[0].headers.get("Retry-After") == (None if wait is None else f"{wait:g}")
    visitor.faults.then(HalfAPage())
    assert not visitor.get("/v2/locations").text.endswith("}")


def test_squares_own_library_pages_it() -> None:
    square = pytest.importorskip(
        "square", reason="needs Square's own library: pip install squareup"
    )
    from square.environment import SquareEnvironment

    assert SquareEnvironment.PRODUCTION.value == "https://connect.squareup.com"
    with running(square_api(Seller(SMALL))) as address:
        client = square.Square(token=ACCESS_TOKEN, base_url=address, version="2025-08-20")
        refunds = list(client.refunds.list(begin_time="2009-01-01T00:00:00Z", limit=2))
        assert len(refunds) == len(SMALL.refunds)
        span = {"start_at_min": stamp(NOW + BACK), "start_at_max": stamp(NOW), "limit": 2}
        booked = {one.id for one in client.bookings.list(**span)}
        assert booked == {
            one.code for one in SMALL.bookings if BACK <= one.start_at - NOW < timedelta()
        }
        assert with_the_library(client) == (len(SMALL.customers), len(SMALL.events))
        assert client.loyalty.programs.get("main").program.id
        [location] = client.locations.list().locations
        assert location.id == LOCATION


def with_the_library(client: Any) -> tuple[int, int]:
    """Customers and events: searches, whose pages the library leaves to its caller."""
    people: list[Any] = []
    events: list[Any] = []
    cursor = None
    while people == [] or cursor:
        found = client.customers.search(limit=7, **({"cursor": cursor} if cursor else {}))
        people, cursor = people + found.customers, found.cursor
    while events == [] or cursor:
        found = client.loyalty.search_events(limit=30, **({"cursor": cursor} if cursor else {}))
        events, cursor = events + found.events, found.cursor
    return len(people), len(events)
