"""Fetches Square's loyalty events, each with its account and the programme's terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.read_record import Record, nested_object
from connectors.square import requests
from connectors.square.client import SquareClient
from connectors.square.locations import Locations
from connectors.square.responses import NotFoundError, parse_page
from connectors.stream import Page, Window


class Loyalty:
    """Fetches loyalty events. Accounts have no time filter: all are read where events occurred."""

    def __init__(self, client: SquareClient, locations: Locations, page_size: int) -> None:
        self._client = client
        self._locations = locations
        self._page_size = page_size
        self._accounts: dict[str, Record] | None = None
        self._program: Record | None = None

    async def events(self, window: Window, cursor: str | None) -> Page:
        program = await self._load_program()
        if not program:
            return Page([], None)
        request = requests.loyalty_events(window, cursor, self._page_size)
        page = parse_page(await self._client.request(request), request.result_key)
        return replace(
            page, records=[await self._with_account(event, program) for event in page.records]
        )

    async def _load_program(self) -> Record:
        """Return the programme; empty where the seller has none."""
        if self._program is None:
            request = requests.loyalty_program()
            body = await self._client.request_unless(request, NotFoundError)
            self._program = nested_object(body or {}, request.result_key)
        return self._program

    async def _with_account(self, event: Any, program: Record) -> Any:
        """Return the event with its account, its points' duration and its time zone."""
        if not isinstance(event, Mapping):
            return event
        accounts = await self._load_accounts()
        return {
            **event,
            "account": accounts.get(str(event.get("loyalty_account_id")), {}),
            "lasts": nested_object(program, "expiration_policy").get("expiration_duration"),
            "zone": await self._locations.timezone_of(event.get("location_id")),
        }

    async def _load_accounts(self) -> Mapping[str, Record]:
        if self._accounts is None:
            self._accounts = await self._fetch_accounts()
        return self._accounts

    async def _fetch_accounts(self) -> dict[str, Record]:
        accounts: dict[str, Record] = {}
        cursor: str | None = None
        while True:
            request = requests.loyalty_accounts(cursor)
            page = parse_page(await self._client.request(request), request.result_key)
            known_count = len(accounts)
            accounts |= {
                account["id"]: account
                for account in page.records
                if isinstance(account, Mapping) and isinstance(account.get("id"), str)
            }
            # A page that repeats for ever adds no accounts.
            if page.next_cursor is None or len(accounts) == known_count:
                return accounts
            cursor = page.next_cursor
