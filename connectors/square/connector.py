"""Square's five streams: customers, orders, refunds, bookings, points."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx

from connectors.http import as_list, open_http
from connectors.read_record import Record, nested_object
from connectors.retry import RetryPolicy
from connectors.slices import next_cursor, parse_cursor
from connectors.square import loyalty_rows, requests, rows
from connectors.square.client import SquareClient
from connectors.square.locations import Locations
from connectors.square.loyalty import Loyalty
from connectors.square.requests import ApiRequest
from connectors.square.responses import AccessDeniedError, parse_page
from connectors.stream import Fetch, IdPage, Listing, Page, Stream, Window
from settings.values import Secret

PAGE_SIZE = 500
CUSTOMER_READER = 2  # 1 kept an address that Square had no more
ORDER_READER = 2  # 1 counted orders whose payment failed
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
# A changed customer may be missing from searches for a minute, at busy times longer.
INDEX_DELAY = timedelta(minutes=15)
# Events have no time of change; offline sales are uploaded up to three days late.
OFFLINE_DELAY = timedelta(days=4)
# Bookings cannot be filtered by change: those around today are all read, a month per slice.
BOOKINGS_BACK, BOOKINGS_BACK_AT_FIRST = 60 * DAY, 730 * DAY
BOOKINGS_AHEAD = 90 * DAY
BOOKINGS_STEP = 30 * DAY


@dataclass(frozen=True)
class SquareConnector:
    """One seller's account."""

    source: str
    address: str
    access_token: Secret
    currency: str
    retries: RetryPolicy
    transport: httpx.AsyncBaseTransport | None = None
    page_size: int = PAGE_SIZE

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sequence[Stream]]:
        """Yield the streams, customers first: the others refer to them, and refunds to orders."""
        async with self.open_client() as client:
            yield self.streams(client, Locations(client))

    @asynccontextmanager
    async def open_client(self) -> AsyncIterator[SquareClient]:
        async with open_http(self.address, self.transport) as http:
            yield SquareClient(http, self.source, self.access_token, self.retries)

    def streams(self, client: SquareClient, locations: Locations) -> list[Stream]:
        loyalty = Loyalty(client, locations, self.page_size)
        return [
            Stream("customers", self.customers(client),
                   rows.reader(rows.customer, self.source, "customer"), INDEX_DELAY,
                   reader=CUSTOMER_READER, listing=self.customer_ids(client)),
            Stream("orders", self.orders(client, locations),
                   rows.reader(rows.order, self.source, "order"), reader=ORDER_READER),
            Stream("refunds", self.refunds(client),
                   rows.reader(rows.refund, self.source, "refund")),
            Stream("bookings", self.bookings(client),
                   rows.reader(rows.booking, self.source, "booking")),
            Stream("points", loyalty.events,
                   rows.reader(loyalty_rows.points, self.source, "loyalty event"), OFFLINE_DELAY),
        ]  # fmt: skip

    def customers(self, client: SquareClient) -> Fetch:
        async def fetch(window: Window, cursor: str | None) -> Page:
            return await fetch_page(client, requests.customers(window, cursor, self.page_size))

        return fetch

    def customer_ids(self, client: SquareClient) -> Listing:
        """Return the listing of all customers: a deleted one is in no list of changes."""

        async def fetch(cursor: str | None) -> IdPage:
            page = await fetch_page(client, requests.all_customers(cursor, self.page_size))
            keys = [
                rows.parse_id(record.get("id"))
                for record in page.records
                if isinstance(record, Mapping)
            ]
            return IdPage([key for key in keys if key], page.next_cursor)

        return Listing(fetch)

    def orders(self, client: SquareClient, locations: Locations) -> Fetch:
        """Return the fetch of orders: all locations, `MAX_LOCATIONS` in each slice."""

        async def fetch(window: Window, cursor: str | None) -> Page:
            groups = await locations.batches(requests.MAX_LOCATIONS)
            slice_number, page_cursor = parse_cursor(cursor)
            if slice_number >= len(groups):
                return Page([], None)
            request = requests.orders(groups[slice_number], window, page_cursor, self.page_size)
            page = await fetch_page(client, request)
            return replace(
                page,
                next_cursor=next_cursor(slice_number, page.next_cursor, len(groups)),
                warnings=currency_warnings(page.records, self.currency),
            )

        return fetch

    def refunds(self, client: SquareClient) -> Fetch:
        """Return the fetch of refunds; each gets the sale that its return order names."""

        async def fetch(window: Window, cursor: str | None) -> Page:
            page = await fetch_page(client, requests.refunds(window, cursor, self.page_size))
            original_sales = await find_original_sales(client, page.records)
            return replace(
                page, records=[add_original_sale(refund, original_sales) for refund in page.records]
            )

        return fetch

    def bookings(self, client: SquareClient) -> Fetch:
        async def fetch(window: Window, cursor: str | None) -> Page:
            slice_number, page_cursor = parse_cursor(cursor)
            days_back = BOOKINGS_BACK if window.since else BOOKINGS_BACK_AT_FIRST
            start = window.until - days_back + slice_number * BOOKINGS_STEP
            request = requests.bookings(
                start, start + BOOKINGS_STEP + SECOND, page_cursor, self.page_size
            )
            answer = await client.request_unless(request, AccessDeniedError)
            if answer is None:
                return Page([], None, (BOOKINGS_HIDDEN,))
            page, steps = (
                parse_page(answer, request.result_key),
                -(-(days_back + BOOKINGS_AHEAD) // BOOKINGS_STEP),
            )
            return replace(page, next_cursor=next_cursor(slice_number, page.next_cursor, steps))

        return fetch


async def fetch_page(client: SquareClient, request: ApiRequest) -> Page:
    return parse_page(await client.request(request), request.result_key)


async def find_original_sales(client: SquareClient, refunds: Sequence[Any]) -> dict[str, str]:
    """Return the id of the original sale by the id of each return order in `refunds`."""
    order_ids = [
        rows.parse_id(refund.get("order_id")) for refund in refunds if isinstance(refund, Mapping)
    ]
    batch_ids = sorted({key for key in order_ids if key})
    original_sales: dict[str, str] = {}
    for start in range(0, len(batch_ids), requests.MAX_ORDER_IDS):
        request = requests.orders_by_id(batch_ids[start : start + requests.MAX_ORDER_IDS])
        for order in (await fetch_page(client, request)).records:
            if (sale_id := original_sale(order)) and (key := rows.parse_id(order.get("id"))):
                original_sales[key] = sale_id
    return original_sales


def original_sale(order: Any) -> str | None:
    if not isinstance(order, Mapping):
        return None
    returns = [
        returned for returned in as_list(order.get("returns")) if isinstance(returned, Mapping)
    ]
    return next(
        (key for returned in returns if (key := rows.parse_id(returned.get("source_order_id")))),
        None,
    )


def add_original_sale(refund: Any, original_sales: Mapping[str, str]) -> Any:
    if not isinstance(refund, Mapping) or not isinstance(refund.get("order_id"), str):
        return refund
    return {**refund, "sold_in": original_sales.get(refund["order_id"])}


def currency_warnings(orders: Sequence[Any], currency: str) -> tuple[str, ...]:
    records: list[Record] = [order for order in orders if isinstance(order, Mapping)]
    currencies = {
        str(nested_object(order, "total_money").get("currency", currency))[:3] for order in records
    }
    return tuple(
        f"Square counts in {other_currency}, but currency: in the shop's file says {currency}."
        for other_currency in sorted(currencies - {currency})
    )


BOOKINGS_HIDDEN = (
    "Square shows no bookings to this token. Where the shop takes appointments with Square, give "
    "it APPOINTMENTS_ALL_READ and APPOINTMENTS_READ."
)
