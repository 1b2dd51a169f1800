"""Lists of the café's records, filtered, sorted and paged as REST API v3 documents it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.cafe import Cafe
from sandbox.woocommerce import records
from sandbox.woocommerce.records import Record

MAX_PAGE_SIZE = 100
STATUSES = frozenset({
    "any", "trash", "pending", "processing", "on-hold", "completed", "cancelled", "refunded",
    "failed",
})  # fmt: skip
ROLES = frozenset({
    "all", "administrator", "editor", "author", "contributor", "subscriber", "customer",
    "shop_manager",
})  # fmt: skip


class InvalidParameterError(Exception):
    """A query parameter that WordPress refuses."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Invalid parameter(s): {name}")


@dataclass
class Listing:
    """One page, and how long the whole list is."""

    records: list[Record]
    total: int
    pages: int


@dataclass
class Store:
    """A WooCommerce shop; tests change its `customers` and `orders`, by id."""

    cafe: Cafe
    timezone_offset: timedelta = timedelta()
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.customers = {each["id"]: each for each in records.customer_records(self.cafe)}
        self.orders = {each["id"]: each for each in records.order_records(self.cafe)}
        self.refunds = {
            records.order_id(order): [records.refund_record(order)]
            for order in self.cafe.orders
            if records.is_refunded(order)
        }

    def index(self) -> Record:
        """Return what WordPress says about the site, without signing in."""
        return {
            "name": "Corner Café",
            "description": "",
            "timezone_string": "Europe/Lisbon",
            "namespaces": ["wp/v2", "wc/v3"],
        }

    def currency(self) -> Record:
        return {"code": "EUR", "name": "Euro", "symbol": "&euro;"}

    def list_customers(self, query: Mapping[str, str]) -> Listing:
        role = query.get("role", "customer")
        if role not in ROLES:
            raise InvalidParameterError("role")
        chosen = [each for each in self.customers.values() if role in ("all", each["role"])]
        return page_of(chosen, query, default_order="asc")

    def list_orders(self, query: Mapping[str, str]) -> Listing:
        status = query.get("status", "any")
        if status not in STATUSES:
            raise InvalidParameterError("status")
        chosen = [each for each in self.orders.values() if has_status(each, status)]
        if after := query.get("modified_after"):
            since = parse_time(after, "modified_after")
            if query.get("dates_are_gmt") != "true":
                since -= self.timezone_offset
            chosen = [
                each for each in chosen if datetime.fromisoformat(each["date_modified_gmt"]) > since
            ]
        return page_of(chosen, query, default_order="desc")

    def list_refunds(self, order_id: int, query: Mapping[str, str]) -> Listing | None:
        """Return an order's refunds; None where there is no such order."""
        if order_id not in self.orders:
            return None
        return page_of(self.refunds.get(order_id, []), query, default_order="desc")


def has_status(order: Record, status: str) -> bool:
    """`any` leaves out the trash."""
    written = str(order["status"])
    return written != "trash" if status == "any" else written == status


def page_of(chosen: list[Record], query: Mapping[str, str], *, default_order: str) -> Listing:
    page, size = number(query, "page", 1), number(query, "per_page", 10)
    start = number(query, "offset", (page - 1) * size, least=0)
    if size > MAX_PAGE_SIZE:
        raise InvalidParameterError("per_page")
    if query.get("orderby", "id") not in ("id", "date", "include", "name", "registered_date"):
        raise InvalidParameterError("orderby")
    down = query.get("order", default_order) == "desc"
    ranked = sorted(chosen, key=lambda each: int(each["id"]), reverse=down)
    return Listing(ranked[start : start + size], len(ranked), -(-len(ranked) // size))


def number(query: Mapping[str, str], name: str, default: int, *, least: int = 1) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal() or int(text) < least:
        raise InvalidParameterError(name)
    return int(text)


def parse_time(text: str, name: str) -> datetime:
    try:
        written: Any = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidParameterError(name) from None
    moment: datetime = written.replace(tzinfo=None)
    return moment
