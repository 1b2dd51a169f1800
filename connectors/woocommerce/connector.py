"""The two streams of a WooCommerce shop: customers, and orders with their refunds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from connectors.http import open_http
from connectors.retry import RetryPolicy
from connectors.slices import next_cursor, parse_cursor
from connectors.stream import Fetch, IdPage, Listing, Page, Stream, Window
from connectors.woocommerce import fields, requests, rows
from connectors.woocommerce.client import Credentials, WooCommerceClient
from connectors.woocommerce.position import Position, next_position, without_overlap
from connectors.woocommerce.requests import ApiRequest
from connectors.woocommerce.responses import parse_list
from settings.errors import UnavailableError
from shop.ingest.guests import GUEST_PREFIX

ORDER_READER = 2  # 1 counted orders of nothing
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

    @property
    def size(self) -> int:
        """The number of records in a page."""
        return min(self.page_size, requests.MAX_PAGE_SIZE)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sequence[Stream]]:
        """Yield the streams, customers first: orders refer to them."""
        async with self.open_client() as client:
            yield [
                Stream(
                    "customers",
                    self.customers(client),
                    rows.customer_reader(self.source, self.consent_key),
                    listing=self.customer_ids(client),
                ),
                Stream(
                    "orders",
                    self.orders(client),
                    rows.order_reader(self.source, self.consent_key),
                    reader=ORDER_READER,
                ),
            ]

    @asynccontextmanager
    async def open_client(self) -> AsyncIterator[WooCommerceClient]:
        async with open_http(self.address, self.transport) as http:
            yield WooCommerceClient(http, self.source, self.address, self.credentials, self.retries)

    def customers(self, client: WooCommerceClient) -> Fetch:
        """Return the fetch of customers: all of them, as the API cannot filter by change."""

        async def fetch(_window: Window, cursor: str | None) -> Page:
            position = Position.parse(cursor)
            request = requests.customers(position.offset, self.size)
            response = await client.get(request, parse_list)
            return Page(
                without_overlap(position, response.records),
                next_position(position, response, self.size),
            )

        return fetch

    def customer_ids(self, client: WooCommerceClient) -> Listing:
        """Return the listing of all registered customers: guests have no account."""

        async def fetch(cursor: str | None) -> IdPage:
            position = Position.parse(cursor)
            request = requests.customer_ids(position.offset, self.size)
            response = await client.get(request, parse_list)
            keys = [fields.parse_id(each.get("id")) for each in response.records if is_object(each)]
            following = next_position(position, response, self.size)
            return IdPage([key for key in keys if key], following)

        return Listing(fetch, other_keys=GUEST_PREFIX)

    def orders(self, client: WooCommerceClient) -> Fetch:
        """Return the fetch of changed orders, then of those in the trash."""

        async def fetch(window: Window, cursor: str | None) -> Page:
            slice_number, page_cursor = parse_cursor(cursor)
            position = Position.parse(page_cursor)
            status = requests.ORDER_STATUSES[slice_number]
            request = requests.orders(window, status, position.offset, self.size)
            response = await client.get(request, parse_list)
            self.check_filter(window, response.records)
            following = next_position(position, response, self.size)
            records = without_overlap(position, response.records)
            return Page(
                [await with_refunds(client, record) for record in records],
                next_cursor(slice_number, following, len(requests.ORDER_STATUSES)),
                currency_warnings(records, self.currency),
            )

        return fetch

    def check_filter(self, window: Window, records: Sequence[Any]) -> None:
        """Raise `UnavailableError` if `modified_after` was ignored (WooCommerce < 5.8)."""
        if window.since is None:
            return
        for record in records:
            changed = (
                fields.gmt_moment(record.get("date_modified_gmt")) if is_object(record) else None
            )
            if changed and changed < window.since - FILTER_TOLERANCE:
                raise UnavailableError(FILTER_IGNORED.format(source=self.source))


async def with_refunds(client: WooCommerceClient, record: Any) -> Any:
    """Return the order with `refund_details`, where it has refunds."""
    if not is_object(record) or not record.get("refunds"):
        return record
    order_id = fields.parse_id(record.get("id"))
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
