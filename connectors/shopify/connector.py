"""Shopify's three streams: customers, orders, abandoned checkouts."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx

from connectors.http import open_http
from connectors.optout import SendOptOut
from connectors.read_record import nested_object
from connectors.retry import RetryPolicy
from connectors.shopify import rows
from connectors.shopify.client import AdminClient, Credentials, format_timestamp
from connectors.shopify.optout import make_optout_sender
from connectors.shopify.requests import ABANDONED_CHECKOUTS, CUSTOMER_IDS, CUSTOMERS, ORDERS
from connectors.stream import Fetch, IdPage, Listing, Page, Stream, Window
from settings.errors import UnavailableError

PAGE_SIZE = 250
INDEX_DELAY = timedelta(minutes=10)
# A checkout counts as abandoned, and is listed, only some time after its last change.
CHECKOUT_DELAY = timedelta(hours=1)
# Of customers, 1 kept an address that Shopify had no more; of orders and carts, 1 counted unpaid
# orders.
READER = 2
STREAMS = (
    ("customers", CUSTOMERS, rows.customer, "Customer", INDEX_DELAY),
    ("orders", ORDERS, rows.order, "Order", INDEX_DELAY),
    ("abandonedCheckouts", ABANDONED_CHECKOUTS, rows.cart, "AbandonedCheckout", CHECKOUT_DELAY),
)
MIN_TO_JUDGE = 10
PERSONAL_FIELDS = ("firstName", "lastName", "defaultEmailAddress", "defaultPhoneNumber")


@dataclass(frozen=True)
class ShopifyConnector:
    """One store."""

    source: str
    address: str
    credentials: Credentials
    currency: str
    retries: RetryPolicy
    transport: httpx.AsyncBaseTransport | None = None
    page_size: int = PAGE_SIZE

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sequence[Stream]]:
        """Yield the streams, customers first: orders and checkouts refer to them."""
        async with self.open_client() as client:
            yield [
                Stream(
                    name=connection,
                    fetch=self.make_fetch(client, query, connection),
                    parse=rows.reader(to_rows, self.source, kind),
                    overlap=overlap,
                    reader=READER,
                    listing=self.customer_ids(client) if connection == "customers" else None,
                )
                for connection, query, to_rows, kind, overlap in STREAMS
            ]

    @asynccontextmanager
    async def optout_sender(self) -> AsyncIterator[SendOptOut]:
        """Yield the function that sends one opt-out to this store."""
        async with self.open_client() as client:
            yield make_optout_sender(client, self.source)

    @asynccontextmanager
    async def open_client(self) -> AsyncIterator[AdminClient]:
        async with open_http(self.address, self.transport) as http:
            yield AdminClient(http, self.source, self.credentials, self.retries)

    def customer_ids(self, client: AdminClient) -> Listing:
        """Return the listing of all customers: a deleted one is in no list of changes.

        One whose personal data were erased is listed without any, and counts as deleted. Where none
        of many has any, Shopify hides them.
        """
        listed = Counter[bool]()  # customers with and without personal data

        async def fetch(cursor: str | None) -> IdPage:
            variables = {"first": self.page_size, "after": cursor}
            result = await client.fetch_page("customers", CUSTOMER_IDS, variables)
            records = [each for each in result.page.records if isinstance(each, Mapping)]
            if cursor is None:
                listed.clear()
            listed.update(map(has_personal_data, records))
            is_last = result.page.next_cursor is None
            if result.denied or (is_last and not listed[True] and listed[False] >= MIN_TO_JUDGE):
                raise UnavailableError(ADDRESSES_HIDDEN)
            keys = [
                rows.numeric_id(record.get("id"), "Customer")
                for record in records
                if has_personal_data(record)
            ]
            return IdPage([key for key in keys if key], result.page.next_cursor)

        return Listing(fetch)

    def make_fetch(self, client: AdminClient, query: str, connection: str) -> Fetch:
        """Return the fetch of a GraphQL `connection`."""

        async def fetch(window: Window, cursor: str | None) -> Page:
            variables = {"first": self.page_size, "after": cursor, "query": search_filter(window)}
            page_result = await client.fetch_page(connection, query, variables)
            records, denied = page_result.page.records, page_result.denied
            messages = page_warnings(records, connection, self.currency, denied=denied)
            if connection == "orders" and client.lacks_scope("read_all_orders"):
                messages += (OLD_ORDERS_HIDDEN,)
            if connection == "customers":
                records = [
                    without_address(record) if denied or not has_personal_data(record) else record
                    for record in records
                ]
            return replace(page_result.page, records=records, warnings=messages)

        return fetch


def search_filter(window: Window) -> str:
    """Return Shopify's search filter for what changed in `window`."""
    until = f"updated_at:<'{format_timestamp(window.until)}'"
    return f"updated_at:>='{format_timestamp(window.since)}' AND {until}" if window.since else until


def page_warnings(
    records: Sequence[Any], connection: str, currency: str, *, denied: bool
) -> tuple[str, ...]:
    """Return warnings for the owner about a page of `records`."""
    objects = [record for record in records if isinstance(record, Mapping)]
    messages = []
    if connection == "customers" and (denied or all_redacted(objects)):
        messages.append(ADDRESSES_HIDDEN)
    elif denied:
        messages.append(PARTS_HIDDEN)
    other_currencies = {
        code for record in objects if (code := record_currency(record)) and code != currency
    }
    messages += [
        f"Shopify counts in {other_currency}, but currency: in the shop's file says {currency}."
        for other_currency in sorted(other_currencies)
    ]
    return tuple(messages)


def all_redacted(records: Sequence[Mapping[str, Any]]) -> bool:
    """Return True where none of many customers has a personal field: a sign that all are hidden."""
    return len(records) >= MIN_TO_JUDGE and not any(map(has_personal_data, records))


def has_personal_data(record: Any) -> bool:
    """Return False for a customer whose data are hidden from this app, or were erased."""
    return isinstance(record, Mapping) and any(record.get(name) for name in PERSONAL_FIELDS)


def without_address(record: Any) -> Any:
    """Return a customer whose address was not shown, which does not mean that they have none.

    The daily list tells those whose data were erased.
    """
    if not isinstance(record, Mapping):
        return record
    return {name: value for name, value in record.items() if name != "defaultEmailAddress"}


def record_currency(record: Mapping[str, Any]) -> str | None:
    for name in ("currentTotalPriceSet", "totalPriceSet"):
        code = nested_object(nested_object(record, name), "shopMoney").get("currencyCode")
        if isinstance(code, str):
            return code[:3]
    return None


ADDRESSES_HIDDEN = (
    "Shopify shows no e-mail addresses to this app. Addresses known already are kept. Ask for "
    "protected customer data (name, email, phone) in the app's settings in the Dev Dashboard."
)
PARTS_HIDDEN = "Shopify hides a part of what was asked for from this app."
OLD_ORDERS_HIDDEN = (
    "Shopify shows this app only the orders of the last 60 days. Give it read_all_orders in the "
    "Dev Dashboard to see the older ones."
)
