"""Requests of WooCommerce's REST API v3: paths and query parameters, as documented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connectors.stream import Window

API = "/wp-json/wc/v3"
MAX_PAGE_SIZE = 100
# `any` leaves out what is in the trash, so that needs a request of its own.
ORDER_STATUSES = ("any", "trash")
INDEX = "/wp-json/"


@dataclass(frozen=True)
class ApiRequest:
    """A GET request: the path below the shop's address, its query, and what is asked for."""

    path: str
    subject: str
    query: Mapping[str, str] = field(default_factory=dict)


def customers(offset: int, page_size: int) -> ApiRequest:
    """Ask for a page of all customers; the API has no filter for what changed."""
    return ApiRequest(f"{API}/customers", "customers", {**paging(offset, page_size), "role": "all"})


def customer_ids(offset: int, page_size: int) -> ApiRequest:
    """Ask for a page of the ids of all customers."""
    query = {**paging(offset, page_size), "role": "all", "_fields": "id"}
    return ApiRequest(f"{API}/customers", "customers", query)


def orders(window: Window, status: str, offset: int, page_size: int) -> ApiRequest:
    """Request a page of the orders that changed since the beginning of `window`.

    There is no upper bound: an order that changes during the sweep would leave the list, and an
    order of the next page would move up to this one and be missed.
    """
    query = {**paging(offset, page_size), "status": status}
    if window.since:
        query |= {"modified_after": format_gmt(window.since), "dates_are_gmt": "true"}
    return ApiRequest(f"{API}/orders", "orders", query)


def order_refunds(order_id: str) -> ApiRequest:
    """Ask for the refunds of an order: the order itself does not say when they were made."""
    query = {"per_page": str(MAX_PAGE_SIZE)}
    return ApiRequest(f"{API}/orders/{order_id}/refunds", "refunds", query)


def index() -> ApiRequest:
    """Ask WordPress for the site's name, its time zone, and which APIs it serves."""
    return ApiRequest(INDEX, "index")


def currency() -> ApiRequest:
    """Ask for the shop's currency."""
    return ApiRequest(f"{API}/data/currencies/current", "currency")


def paging(offset: int, page_size: int) -> dict[str, str]:
    """Return the parameters of the page at `offset`: by id, so that new records come last."""
    return {"offset": str(offset), "per_page": str(page_size), "orderby": "id", "order": "asc"}


def format_gmt(moment: datetime) -> str:
    """Return `moment` in UTC as the API writes times: in whole seconds, without a zone."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
