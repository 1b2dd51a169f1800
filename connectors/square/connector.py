"""Square's five streams: customers, orders, refunds, bookings, points."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx

from connectors.http import listed
from connectors.read_record import Record, inside
from connectors.retry import Patience
from connectors.square import loyalty_rows, requests, rows
from connectors.square.client import Api
from connectors.square.cursors import next_place, place_of
from connectors.square.locations import Places
from connectors.square.loyalty import Loyalty
from connectors.square.requests import Question
from connectors.square.responses import DeniedError, page
from connectors.stream import Fetch, Page, Stream, Window
from settings.values import Secret

PAGE_SIZE = 500
AGENT = "Regulars/0.1"
TIMEOUT = httpx.Timeout(60, connect=15)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
# A customer who was changed may be hidden from a search for a minute, in bad hours longer.
INDEXED_LATE = timedelta(minutes=15)
# An event has no time of change: what was rung up offline is told up to three days late.
TOLD_LATE = timedelta(days=4)
# Bookings cannot be asked for by change: those near today are all read, in steps of a month.
BOOKINGS_BACK, BOOKINGS_BACK_AT_FIRST = 60 * DAY, 730 * DAY
BOOKINGS_AHEAD = 90 * DAY
BOOKINGS_STEP = 30 * DAY


@dataclass(frozen=True)
class Square:
    """One seller's account."""

    source: str
    address: str
    access_token: Secret
    currency: str
    patience: Patience
    transport: httpx.AsyncBaseTransport | None = None
    page_size: int = PAGE_SIZE

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sequence[Stream]]:
        """Customers first: all else names them; orders before what was given back of them."""
        async with self.api() as api:
            yield self.streams(api, Places(api))

    @asynccontextmanager
    async def api(self) -> AsyncIterator[Api]:
        async with httpx.AsyncClient(
            base_url=self.address,
            headers={"User-Agent": AGENT},
            timeout=TIMEOUT,
            follow_redirects=False,
            transport=self.transport,
            # In the open nobody shows a certificate: none need be read to compare it with.
            verify=not self.address.startswith("http:"),
        ) as http:
            yield Api(http, self.source, self.access_token, self.patience)

    def streams(self, api: Api, places: Places) -> list[Stream]:
        loyalty = Loyalty(api, places, self.page_size)
        return [
            Stream("customers", self.customers(api),
                   rows.reader(rows.customer, self.source, "customer"), INDEXED_LATE),
            Stream("orders", self.orders(api, places),
                   rows.reader(rows.order, self.source, "order")),
            Stream("refunds", self.refunds(api), rows.reader(rows.refund, self.source, "refund")),
            Stream("bookings", self.bookings(api),
                   rows.reader(rows.booking, self.source, "booking")),
            Stream("points", loyalty.events,
                   rows.reader(loyalty_rows.points, self.source, "loyalty event"), TOLD_LATE),
        ]  # fmt: skip

    def customers(self, api: Api) -> Fetch:
        async def fetch(window: Window, cursor: str | None) -> Page:
            return await asked(api, requests.customers(window, cursor, self.page_size))

        return fetch

    def orders(self, api: Api, places: Places) -> Fetch:
        """All locations, ten at a time."""

        async def fetch(window: Window, cursor: str | None) -> Page:
            groups = await places.groups(requests.MOST_LOCATIONS)
            place, within = place_of(cursor)
            if place >= len(groups):
                return Page([], None)
            question = requests.orders(groups[place], window, within, self.page_size)
            found = await asked(api, question)
            return replace(
                found,
                next=next_place(place, found.next, len(groups)),
                warnings=other_currencies(found.records, self.currency),
            )

        return fetch

    def refunds(self, api: Api) -> Fetch:
        """A refund names the order that brought things back; that one names the sale."""

        async def fetch(window: Window, cursor: str | None) -> Page:
            found = await asked(api, requests.refunds(window, cursor, self.page_size))
            sold_in = await sales(api, found.records)
            return replace(found, records=[with_sale(one, sold_in) for one in found.records])

        return fetch

    def bookings(self, api: Api) -> Fetch:
        async def fetch(window: Window, cursor: str | None) -> Page:
            place, within = place_of(cursor)
            back = BOOKINGS_BACK if window.since else BOOKINGS_BACK_AT_FIRST
            start = window.until - back + place * BOOKINGS_STEP
            question = requests.bookings(
                start, start + BOOKINGS_STEP + SECOND, within, self.page_size
            )
            answer = await api.ask_for(question, DeniedError)
            if answer is None:
                return Page([], None, (BOOKINGS_HIDDEN,))
            found, steps = (
                page(answer, question.holds),
                -(-(back + BOOKINGS_AHEAD) // BOOKINGS_STEP),
            )
            return replace(found, next=next_place(place, found.next, steps))

        return fetch


async def asked(api: Api, question: Question) -> Page:
    return page(await api.ask(question), question.holds)


async def sales(api: Api, refunds: Sequence[Any]) -> dict[str, str]:
    """For each order that took something back: the order in which it was sold."""
    named = [rows.key(one.get("order_id")) for one in refunds if isinstance(one, Mapping)]
    numbers = sorted({key for key in named if key})
    sold: dict[str, str] = {}
    for start in range(0, len(numbers), requests.MOST_PARTS):
        question = requests.these_orders(numbers[start : start + requests.MOST_PARTS])
        for order in (await asked(api, question)).records:
            if (back := sold_in(order)) and (key := rows.key(order.get("id"))):
                sold[key] = back
    return sold


def sold_in(order: Any) -> str | None:
    if not isinstance(order, Mapping):
        return None
    back = [one for one in listed(order.get("returns")) if isinstance(one, Mapping)]
    return next((key for one in back if (key := rows.key(one.get("source_order_id")))), None)


def with_sale(refund: Any, sold: Mapping[str, str]) -> Any:
    if not isinstance(refund, Mapping) or not isinstance(refund.get("order_id"), str):
        return refund
    return {**refund, "sold_in": sold.get(refund["order_id"])}


def other_currencies(orders: Sequence[Any], currency: str) -> tuple[str, ...]:
    known: list[Record] = [one for one in orders if isinstance(one, Mapping)]
    found = {str(inside(one, "total_money").get("currency", currency))[:3] for one in known}
    return tuple(
        f"Square counts in {other}, but currency: in the shop's file says {currency}."
        for other in sorted(found - {currency})
    )


BOOKINGS_HIDDEN = (
    "Square shows no bookings to this token. Where the shop takes appointments with Square, give "
    "it APPOINTMENTS_ALL_READ and APPOINTMENTS_READ."
)
