"""Square's sandbox server: searches, errors and paging as at Square."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox.cafe import NOW, cafe
from sandbox.server import running_app
from sandbox.square.records import LOCATION_ID, format_time
from sandbox.square.search import Seller
from sandbox.square.server import ACCESS_TOKEN, square_api
from sandbox.till import till
from tests.faults.responses import Faults, TruncatedBody
from tests.faults.square import HttpError

SMALL = till(cafe(30))
HEADERS = {"Authorization": f"Bearer {ACCESS_TOKEN}", "Square-Version": "2025-08-20"}
MONTH_BACK = timedelta(days=-30)


class SquareClient:
    """A client with a valid token."""

    def __init__(self, headers: dict[str, str] | None = None) -> None:
        self.seller = Seller(SMALL)
        self.faults = Faults()
        self.app = square_api(self.seller, faults=self.faults)
        self.headers = HEADERS if headers is None else headers

    def request(self, method: str, path: str, **parts: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://till.test") as http:
                return await http.request(method, path, headers=self.headers, **parts)

        return asyncio.run(send())

    def get(self, path: str, **params: str) -> httpx.Response:
        return self.request("GET", path, params=params)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self.request("POST", path, json=body).json()

    def error_code(self, path: str, body: dict[str, Any]) -> str:
        [error] = self.post(path, body)["errors"]
        return str(error["code"])

    def pages(self, path: str, key: str, body: dict[str, Any]) -> Iterator[list[Any]]:
        cursor = None
        while True:
            answer = self.post(path, body | ({"cursor": cursor} if cursor else {}))
            yield answer.get(key, [])
            cursor = answer.get("cursor")
            if cursor is None:
                return


@pytest.fixture
def visitor() -> SquareClient:
    return SquareClient()


ORDERS = {"location_ids": [LOCATION_ID]}
BY_CHANGE = {
    "filter": {"date_time_filter": {"updated_at": {"end_at": format_time(NOW)}}},
    "sort": {"sort_field": "UPDATED_AT", "sort_order": "ASC"},
}
PAGED: dict[str, tuple[str, dict[str, Any], str]] = {
    "customers": ("/v2/customers/search", {"limit": 7}, "customers"),
    "orders": ("/v2/orders/search", {**ORDERS, "limit": 50, "query": BY_CHANGE}, "sales"),
    "loyalty_accounts": ("/v2/loyalty/accounts/search", {"limit": 3}, "accounts"),
    "events": ("/v2/loyalty/events/search", {"limit": 30}, "events"),
}


@pytest.mark.parametrize("key", PAGED)
def test_pages_hold_everything_once(visitor: SquareClient, key: str) -> None:
    path, body, name = PAGED[key]
    pages = list(visitor.pages(path, key, body))
    ids = [entry["id"] for page in pages for entry in page]
    assert len(pages) > 2
    assert sorted(ids) == sorted(entry.code for entry in getattr(SMALL, name))
    assert max(map(len, pages)) <= body["limit"]


def test_orders_come_the_newest_first_unless_asked(visitor: SquareClient) -> None:
    newest = [order["created_at"] for order in visitor.post("/v2/orders/search", ORDERS)["orders"]]
    oldest = visitor.post("/v2/orders/search", {**ORDERS, "query": BY_CHANGE})["orders"]
    changed = [order["updated_at"][:19] for order in oldest]
    assert [order[:19] for order in newest] == sorted(
        (order[:19] for order in newest), reverse=True
    )
    assert changed == sorted(changed)


def test_events_come_the_newest_first_and_only_in_their_time(visitor: SquareClient) -> None:
    span = {"start_at": format_time(NOW + MONTH_BACK), "end_at": format_time(NOW)}
    query = {"filter": {"date_time_filter": {"created_at": span}}}
    pages = visitor.pages("/v2/loyalty/events/search", "events", {"query": query})
    times = [event["created_at"][:19] for page in pages for event in page]
    assert times == sorted(times, reverse=True)
    assert len(times) == sum(NOW + MONTH_BACK <= event.at < NOW for event in SMALL.events)


def test_refunds_are_those_of_the_last_year_unless_asked(visitor: SquareClient) -> None:
    parameters = {"sort_order": "ASC"}
    last_year = visitor.get("/v2/refunds", **parameters).json().get("refunds", [])
    everything = visitor.get("/v2/refunds", begin_time="2009-01-01T00:00:00Z", **parameters).json()[
        "refunds"
    ]
    year = NOW - timedelta(days=365)
    assert len(everything) == len(SMALL.refunds)
    assert len(last_year) == sum(refund.created_at >= year for refund in SMALL.refunds)


def test_bookings_of_a_month_at_most(visitor: SquareClient) -> None:
    def request_days(days: int) -> Any:
        span = {
            "start_at_min": format_time(NOW),
            "start_at_max": format_time(NOW + timedelta(days=days)),
        }
        return visitor.get("/v2/bookings", **span).json()

    ahead = [
        booking for booking in SMALL.bookings if timedelta() <= booking.start_at - NOW < -MONTH_BACK
    ]
    assert len(request_days(30).get("bookings", [])) == len(ahead)
    assert request_days(32)["errors"][0]["code"] == "INVALID_TIME_RANGE"


def test_orders_by_their_numbers_and_unknown_ones_are_passed_over(visitor: SquareClient) -> None:
    order_ids = [order.code for order in SMALL.sales[:3]]
    body = visitor.post("/v2/orders/batch-retrieve", {"order_ids": [*order_ids, "NOBODY"]})
    assert [order["id"] for order in body["orders"]] == order_ids


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
        "BAD_REQUEST",  # the default sorting is by another time
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
def test_what_square_refuses(visitor: SquareClient, path: str, body: Any, code: str) -> None:
    assert visitor.error_code(path, body) == code


def test_a_cursor_is_only_good_for_its_question(visitor: SquareClient) -> None:
    cursor = visitor.post(CUSTOMERS, {"limit": 5})["cursor"]
    assert visitor.post(CUSTOMERS, {"limit": 5, "cursor": cursor})["customers"]
    assert visitor.error_code(CUSTOMERS, {"limit": 6, "cursor": cursor}) == "INVALID_CURSOR"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "UNAUTHORIZED"),
        ({**HEADERS, "Authorization": "Bearer wrong"}, 401, "UNAUTHORIZED"),
        ({**HEADERS, "Square-Version": "latest"}, 400, "INVALID_SQUARE_VERSION_FORMAT"),
    ],
)
def test_requests_without_valid_headers_are_refused(
    headers: dict[str, str], status: int, code: str
) -> None:
    reply = SquareClient(headers).get("/v2/locations")
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (status, code)


def test_no_body_and_an_unknown_parameter_are_refused(visitor: SquareClient) -> None:
    reply = visitor.request("POST", CUSTOMERS, content=b"{")
    assert reply.json()["errors"][0]["code"] == "EXPECTED_JSON_BODY"
    reply = visitor.get("/v2/refunds", mood="good")
    assert reply.json()["errors"][0]["code"] == "UNKNOWN_QUERY_PARAMETER"


def test_an_unknown_path_is_answered_with_a_list_of_errors(visitor: SquareClient) -> None:
    reply = visitor.get("/v2/wishes")
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (404, "NOT_FOUND")


def test_the_one_programme_is_called_main(visitor: SquareClient) -> None:
    assert visitor.get("/v2/loyalty/programs/main").json()["program"]["status"] == "ACTIVE"
    assert visitor.get("/v2/loyalty/programs/other").status_code == 404
    visitor.seller.programme = None
    assert visitor.get("/v2/loyalty/programs/main").status_code == 404


@pytest.mark.parametrize(("status", "wait"), [(401, None), (429, 2.0), (500, None), (503, 0.5)])
def test_planned_refusals_come_and_pass(
    visitor: SquareClient, status: int, wait: float | None
) -> None:
    visitor.faults.plan(HttpError(status, wait), times=2, on="customers")
    replies = [visitor.request("POST", CUSTOMERS, json={}) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [status, status, 200]
    assert replies[0].headers.get("Retry-After") == (None if wait is None else f"{wait:g}")
    visitor.faults.plan(TruncatedBody())
    assert not visitor.get("/v2/locations").text.endswith("}")


def test_squares_own_library_pages_it() -> None:
    square = pytest.importorskip(
        "square", reason="needs Square's own library: pip install squareup"
    )
    from square.environment import SquareEnvironment

    assert SquareEnvironment.PRODUCTION.value == "https://connect.squareup.com"
    with running_app(square_api(Seller(SMALL))) as address:
        client = square.Square(token=ACCESS_TOKEN, base_url=address, version="2025-08-20")
        refunds = list(client.refunds.list(begin_time="2009-01-01T00:00:00Z", limit=2))
        assert len(refunds) == len(SMALL.refunds)
        span = {
            "start_at_min": format_time(NOW + MONTH_BACK),
            "start_at_max": format_time(NOW),
            "limit": 2,
        }
        booking_ids = {booking.id for booking in client.bookings.list(**span)}
        assert booking_ids == {
            booking.code
            for booking in SMALL.bookings
            if MONTH_BACK <= booking.start_at - NOW < timedelta()
        }
        assert count_with_library(client) == (len(SMALL.customers), len(SMALL.events))
        assert client.loyalty.programs.get("main").program.id
        [location] = client.locations.list().locations
        assert location.id == LOCATION_ID


def count_with_library(client: Any) -> tuple[int, int]:
    """Count customers and events; the library leaves the paging of searches to its caller."""
    people: list[Any] = []
    events: list[Any] = []
    cursor = None
    while people == [] or cursor:
        page = client.customers.search(limit=7, **({"cursor": cursor} if cursor else {}))
        people, cursor = people + page.customers, page.cursor
    while events == [] or cursor:
        page = client.loyalty.search_events(limit=30, **({"cursor": cursor} if cursor else {}))
        events, cursor = events + page.events, page.cursor
    return len(people), len(events)
