"""Requests of Square's API, checked against its published specification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.stream import Window

API_VERSION = "2025-08-20"
MAX_LOCATIONS = 10
MAX_ORDER_IDS = 100
# Largest page size of each endpoint.
PAGE_LIMITS = {"customers": 100, "orders": 500, "refunds": 100, "accounts": 200, "events": 30}
BOOKINGS_LIMIT = 100
# Without a begin_time Square returns the refunds of the last year only.
EARLIEST = "2009-01-01T00:00:00Z"


@dataclass(frozen=True)
class ApiRequest:
    """One request; the response has its data under `result_key`, as a `result_type`."""

    method: str
    path: str
    result_key: str
    arguments: dict[str, Any] = field(default_factory=dict)
    result_type: type = list


def customers(window: Window, cursor: str | None, page_size: int) -> ApiRequest:
    """Request customers changed in `window`.

    Square cannot sort by change: only a full sweep is complete.
    """
    body = {
        "query": {
            "filter": {"updated_at": time_range(window)},
            "sort": {"field": "CREATED_AT", "order": "ASC"},
        },
        "limit": min(page_size, PAGE_LIMITS["customers"]),
    }
    return post_request("/v2/customers/search", "customers", body, cursor)


def all_customers(cursor: str | None, page_size: int) -> ApiRequest:
    """Request all customers; Square has no list of their ids alone."""
    body = {
        "query": {"sort": {"field": "CREATED_AT", "order": "ASC"}},
        "limit": min(page_size, PAGE_LIMITS["customers"]),
    }
    return post_request("/v2/customers/search", "customers", body, cursor)


def locations() -> ApiRequest:
    return ApiRequest("GET", "/v2/locations", "locations")


def orders(
    location_ids: Sequence[str], window: Window, cursor: str | None, page_size: int
) -> ApiRequest:
    """Request orders changed in `window`: an offline sale arrives days late with its old date."""
    body = {
        "location_ids": list(location_ids),
        "query": {
            "filter": {"date_time_filter": {"updated_at": time_range(window)}},
            "sort": {"sort_field": "UPDATED_AT", "sort_order": "ASC"},
        },
        "limit": min(page_size, PAGE_LIMITS["orders"]),
    }
    return post_request("/v2/orders/search", "orders", body, cursor)


def orders_by_id(order_ids: Sequence[str]) -> ApiRequest:
    return post_request("/v2/orders/batch-retrieve", "orders", {"order_ids": list(order_ids)}, None)


def refunds(window: Window, cursor: str | None, page_size: int) -> ApiRequest:
    if window.since is None:
        time_filter = {"begin_time": EARLIEST, "end_time": format_timestamp(window.until)}
    else:
        time_filter = {
            "updated_at_begin_time": format_timestamp(window.since),
            "updated_at_end_time": format_timestamp(window.until),
            "sort_field": "UPDATED_AT",
        }
    limit = str(min(page_size, PAGE_LIMITS["refunds"]))
    return get_request(
        "/v2/refunds", "refunds", {**time_filter, "sort_order": "ASC", "limit": limit}, cursor
    )


def bookings(start: datetime, end: datetime, cursor: str | None, page_size: int) -> ApiRequest:
    limit = str(min(page_size, BOOKINGS_LIMIT))
    parameters = {
        "start_at_min": format_timestamp(start),
        "start_at_max": format_timestamp(end),
        "limit": limit,
    }
    return get_request("/v2/bookings", "bookings", parameters, cursor)


def loyalty_program() -> ApiRequest:
    return ApiRequest("GET", "/v2/loyalty/programs/main", "program", result_type=dict)


def loyalty_accounts(cursor: str | None) -> ApiRequest:
    """Request all accounts: Square has no time filter for them."""
    body = {"limit": PAGE_LIMITS["accounts"]}
    return post_request("/v2/loyalty/accounts/search", "loyalty_accounts", body, cursor)


def loyalty_events(window: Window, cursor: str | None, page_size: int) -> ApiRequest:
    body = {
        "query": {"filter": {"date_time_filter": {"created_at": time_range(window)}}},
        "limit": min(page_size, PAGE_LIMITS["events"]),
    }
    return post_request("/v2/loyalty/events/search", "events", body, cursor)


def time_range(window: Window) -> dict[str, str]:
    start = {"start_at": format_timestamp(window.since)} if window.since else {}
    return {**start, "end_at": format_timestamp(window.until)}


def format_timestamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def post_request(
    path: str, result_key: str, body: dict[str, Any], cursor: str | None
) -> ApiRequest:
    json_body = body | ({"cursor": cursor} if cursor else {})
    return ApiRequest("POST", path, result_key, {"json": json_body})


def get_request(
    path: str, result_key: str, parameters: dict[str, str], cursor: str | None
) -> ApiRequest:
    query = parameters | ({"cursor": cursor} if cursor else {})
    return ApiRequest("GET", path, result_key, {"params": query})
