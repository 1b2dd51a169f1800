"""What is asked of Square, checked against its published specification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.stream import Window

API_VERSION = "2025-08-20"
PRODUCTION = "https://connect.squareup.com"
MOST_LOCATIONS = 10
MOST_PARTS = 100
# The most that each will give at once.
MOST = {"customers": 100, "orders": 500, "refunds": 100, "accounts": 200, "events": 30}
BOOKINGS_AT_ONCE = 100
# Refunds are those of the last year, unless a beginning is named: Square's own is early enough.
THE_BEGINNING = "2009-01-01T00:00:00Z"


@dataclass(frozen=True)
class Question:
    """One request; `holds` is where its answer stands, and of which kind that is."""

    method: str
    path: str
    holds: str
    parts: dict[str, Any] = field(default_factory=dict)
    kind: type = list


def customers(window: Window, cursor: str | None, most: int) -> Question:
    """Filtered by change, but Square cannot sort by it: only a whole sweep is complete."""
    body = {
        "query": {
            "filter": {"updated_at": span(window)},
            "sort": {"field": "CREATED_AT", "order": "ASC"},
        },
        "limit": min(most, MOST["customers"]),
    }
    return posted("/v2/customers/search", "customers", body, cursor)


def locations() -> Question:
    return Question("GET", "/v2/locations", "locations")


def orders(where: Sequence[str], window: Window, cursor: str | None, most: int) -> Question:
    """By the time of change: a sale rung up offline arrives days late with its old date."""
    body = {
        "location_ids": list(where),
        "query": {
            "filter": {"date_time_filter": {"updated_at": span(window)}},
            "sort": {"sort_field": "UPDATED_AT", "sort_order": "ASC"},
        },
        "limit": min(most, MOST["orders"]),
    }
    return posted("/v2/orders/search", "orders", body, cursor)


def these_orders(numbers: Sequence[str]) -> Question:
    return posted("/v2/orders/batch-retrieve", "orders", {"order_ids": list(numbers)}, None)


def refunds(window: Window, cursor: str | None, most: int) -> Question:
    if window.since is None:
        since = {"begin_time": THE_BEGINNING, "end_time": stamp(window.until)}
    else:
        since = {
            "updated_at_begin_time": stamp(window.since),
            "updated_at_end_time": stamp(window.until),
            "sort_field": "UPDATED_AT",
        }
    limit = str(min(most, MOST["refunds"]))
    return listed("/v2/refunds", "refunds", {**since, "sort_order": "ASC", "limit": limit}, cursor)


def bookings(start: datetime, end: datetime, cursor: str | None, most: int) -> Question:
    limit = str(min(most, BOOKINGS_AT_ONCE))
    between = {"start_at_min": stamp(start), "start_at_max": stamp(end), "limit": limit}
    return listed("/v2/bookings", "bookings", between, cursor)


def loyalty_programme() -> Question:
    return Question("GET", "/v2/loyalty/programs/main", "program", kind=dict)


def loyalty_accounts(cursor: str | None) -> Question:
    """All of them: Square cannot filter accounts by time."""
    body = {"limit": MOST["accounts"]}
    return posted("/v2/loyalty/accounts/search", "loyalty_accounts", body, cursor)


def loyalty_events(window: Window, cursor: str | None, most: int) -> Question:
    body = {
        "query": {"filter": {"date_time_filter": {"created_at": span(window)}}},
        "limit": min(most, MOST["events"]),
    }
    return posted("/v2/loyalty/events/search", "events", body, cursor)


def span(window: Window) -> dict[str, str]:
    since = {"start_at": stamp(window.since)} if window.since else {}
    return {**since, "end_at": stamp(window.until)}


def stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def posted(path: str, holds: str, body: dict[str, Any], cursor: str | None) -> Question:
    whole = body | ({"cursor": cursor} if cursor else {})
    return Question("POST", path, holds, {"json": whole})


def listed(path: str, holds: str, asked: dict[str, str], cursor: str | None) -> Question:
    whole = asked | ({"cursor": cursor} if cursor else {})
    return Question("GET", path, holds, {"params": whole})
