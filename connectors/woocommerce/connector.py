"""The two streams of a WooCommerce shop: customers, and orders with their refunds."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from connectors.http import open_http
from connectors.retry import RetryPolicy
from connectors.slices import next_cursor, parse_cursor
from connectors.stream import Fetch, Page, Stream, Window
from connectors.woocommerce import requests, rows
from connectors.woocommerce.client import Credentials, WooCommerceClient
from connectors.woocommerce.requests import ApiRequest
from connectors.woocommerce.responses import ListResponse, parse_list
from settings.errors import UnavailableError

# Dates are compared with a day's tolerance: a site may take a UTC time for its own.
FILTER_TOLERANCE = timedelta(days=1)


@dataclass(frozen=True)
class WooCommerceConnector:
    """One shop.

    `consent_key` is the meta key under which the shop keeps who said yes to mail, if it does.
    """

    source: str
    address: str
    credentials: Credentials
    currency: str
    consent_key: str | None
    retries: RetryPolicy
    transport: httpx.AsyncBaseTransport | None = None
    page_size: int = requests.MAX_PAGE_SIZE

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sequence[Stream]]:
        """Yield the streams, customers first: orders refer to them."""
        async with self.open_client() as client:
            yield [
                Stream(
                    "customers",
                    self.customers(client),
                    rows.customer_reader(self.source, self.consent_key),
                ),
                Stream(
                    "orders",
                    self.orders(client),
                    rows.order_reader(self.source, self.consent_key),
                ),
            ]

    @asynccontextmanager
    async def open_client(self) -> AsyncIterator[WooCommerceClient]:
        async with open_http(self.address, self.transport) as http:
            yield WooCommerceClient(http, self.source, self.address, self.credentials, self.retries)

    def customers(self, client: WooCommerceClient) -> Fetch:
        """Return the fetch of customers: all of them, as the API cannot filter by change."""

        async def fetch(_window: Window, cursor: str | None) -> Page:
            page, total = parse_position(cursor)
            response = await client.get(requests.customers(page, self.page_size), parse_list)
            return Page(response.records, self.next_position(page, total, response))

        return fetch

    def orders(self, client: WooCommerceClient) -> Fetch:
        """Return the fetch of changed orders, then of those in the trash."""

        async def fetch(window: Window, cursor: str | None) -> Page:
            slice_number, position = parse_cursor(cursor)
            page, total = parse_position(position)
            status = requests.ORDER_STATUSES[slice_number]
            request = requests.orders(window, status, page, self.page_size)
            response = await client.get(request, parse_list)
            self.check_filter(window, response.records)
            following = self.next_position(page, total, response)
            return Page(
                [await with_refunds(client, record) for record in response.records],
                next_cursor(slice_number, following, len(requests.ORDER_STATUSES)),
                currency_warnings(response.records, self.currency),
            )

        return fetch

    def next_position(self, page: int, total: int | None, response: ListResponse) -> str | None:
        """Return the next page and the list's length; None after the last page.

        Where the list has become shorter since the previous page, records have moved up to earlier
        pages: as many pages are read again.
        """
        size = min(self.page_size, requests.MAX_PAGE_SIZE)
        if response.total is None:
            return f"{page + 1}" if len(response.records) == size else None
        last = math.ceil(response.total / size)
        following = page + 1
        if total is not None and response.total < total:
            following = min(max(1, page - math.ceil((total - response.total) / size)), last)
        return f"{following}/{response.total}" if 0 < following <= last else None

    def check_filter(self, window: Window, records: Sequence[Any]) -> None:
        """Raise `UnavailableError` if `modified_after` was ignored (WooCommerce < 5.8)."""
        if window.since is None:
            return
        for record in records:
            changed = (
                rows.gmt_moment(record.get("date_modified_gmt")) if is_object(record) else None
            )
            if changed and changed < window.since - FILTER_TOLERANCE:
                raise UnavailableError(FILTER_IGNORED.format(source=self.source))


def parse_position(position: str | None) -> tuple[int, int | None]:
    """Return the page number, and the list's length when the page before it was read."""
    page, _, total = (position or "1").partition("/")
    return int(page), int(total) if total else None


async def with_refunds(client: WooCommerceClient, record: Any) -> Any:
    """Return the order with `refund_details`, where it has refunds."""
    if not is_object(record) or not record.get("refunds"):
        return record
    order_id = rows.parse_id(record.get("id"))
    if order_id is None:
        return record
    request: ApiRequest = requests.order_refunds(order_id)
    response = await client.get(request, parse_list)
    return {**record, "refund_details": response.records}


def is_object(record: Any) -> bool:
    return isinstance(record, Mapping)


def currency_warnings(orders: Sequence[Any], currency: str) -> tuple[str, ...]:
    currencies = (order.get("currency") for order in orders if is_object(order))
    codes = {code[:3] for code in currencies if isinstance(code, str)}
    others = sorted(codes - {currency})
    return tuple(
        f"The shop counts in {other}, but currency: in the shop's file says {currency}."
        for other in others
    )


FILTER_IGNORED = (
    "Source {source}: the shop ignores modified_after, so each sync would read all its orders. "
    "Update WooCommerce to 5.8 or newer. What was read is kept."
)
