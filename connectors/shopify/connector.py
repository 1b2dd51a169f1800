"""Shopify's three streams: customers, orders, abandoned checkouts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx

from connectors.optout import Tell
from connectors.read_record import inside
from connectors.retry import Patience
from connectors.shopify import rows
from connectors.shopify.client import Admin, Credentials, stamp
from connectors.shopify.optout import teller
from connectors.shopify.requests import ABANDONED_CHECKOUTS, CUSTOMERS, ORDERS
from connectors.stream import Fetch, Page, Stream, Window

PAGE_SIZE = 250
AGENT = "Regulars/0.1"
TIMEOUT = httpx.Timeout(60, connect=15)
STREAMS = (
    ("customers", CUSTOMERS, rows.customer, "Customer"),
    ("orders", ORDERS, rows.order, "Order"),
    ("abandonedCheckouts", ABANDONED_CHECKOUTS, rows.cart, "AbandonedCheckout"),
)
ENOUGH_TO_TELL = 10
PERSONAL = ("firstName", "lastName", "defaultEmailAddress", "defaultPhoneNumber")


@dataclass(frozen=True)
class Shopify:
    """One store."""

    source: str
    address: str
    credentials: Credentials
    currency: str
    patience: Patience
    transport: httpx.AsyncBaseTransport | None = None
    page_size: int = PAGE_SIZE

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sequence[Stream]]:
        """Customers first: orders and checkouts name them."""
        async with self.admin() as admin:
            yield [
                Stream(
                    name=connection,
                    fetch=self.pages(admin, query, connection),
                    rows=rows.reader(read, self.source, kind),
                )
                for connection, query, read, kind in STREAMS
            ]

    @asynccontextmanager
    async def telling(self) -> AsyncIterator[Tell]:
        """How this store is told who wants no more mail."""
        async with self.admin() as admin:
            yield teller(admin, self.source)

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[Admin]:
        async with httpx.AsyncClient(
            base_url=self.address,
            headers={"User-Agent": AGENT},
            timeout=TIMEOUT,
            follow_redirects=False,
            transport=self.transport,
            # In the open nobody shows a certificate: none need be read to compare it with.
            verify=not self.address.startswith("http:"),
        ) as http:
            yield Admin(http, self.source, self.credentials, self.patience)

    def pages(self, admin: Admin, query: str, connection: str) -> Fetch:
        """How a page of this connection is asked for."""

        async def fetch(window: Window, cursor: str | None) -> Page:
            asked = {"first": self.page_size, "after": cursor, "query": search(window)}
            answered = await admin.ask(connection, query, asked)
            told = warnings(
                answered.page.records, connection, self.currency, denied=answered.denied
            )
            if connection == "orders" and admin.lacks("read_all_orders"):
                told += (OLD_ORDERS_HIDDEN,)
            return replace(answered.page, warnings=told)

        return fetch


def search(window: Window) -> str:
    """The filter for what changed in a window; Shopify's times have whole seconds."""
    until = f"updated_at:<'{stamp(window.until)}'"
    return f"updated_at:>='{stamp(window.since)}' AND {until}" if window.since else until


def warnings(
    records: Sequence[Any], connection: str, currency: str, *, denied: bool
) -> tuple[str, ...]:
    """What the owner should know about a page."""
    known = [record for record in records if isinstance(record, Mapping)]
    told = []
    if connection == "customers" and (denied or nameless(known)):
        told.append(ADDRESSES_HIDDEN)
    elif denied:
        told.append(PARTS_HIDDEN)
    others = {found for record in known if (found := paid_in(record)) and found != currency}
    told += [
        f"Shopify counts in {other}, but currency: in the shop's file says {currency}."
        for other in sorted(others)
    ]
    return tuple(told)


def nameless(records: Sequence[Mapping[str, Any]]) -> bool:
    """Not one of many customers has anything personal: it is hidden, not missing."""
    return len(records) >= ENOUGH_TO_TELL and not any(
        record.get(name) for record in records for name in PERSONAL
    )


def paid_in(record: Mapping[str, Any]) -> str | None:
    for name in ("currentTotalPriceSet", "totalPriceSet"):
        found = inside(inside(record, name), "shopMoney").get("currencyCode")
        if isinstance(found, str):
            return found[:3]
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
