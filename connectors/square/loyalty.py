"""Square's loyalty programme: its events, each with the account that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.read_record import Record, inside
from connectors.square import requests
from connectors.square.client import Api
from connectors.square.locations import Places
from connectors.square.responses import NothingThereError, page
from connectors.stream import Page, Window


class Loyalty:
    """Accounts cannot be asked for by time: where anything happened, all of them are read once."""

    def __init__(self, api: Api, places: Places, page_size: int) -> None:
        self._api = api
        self._places = places
        self._page_size = page_size
        self._accounts: dict[str, Record] | None = None
        self._programme: Record | None = None

    async def events(self, window: Window, cursor: str | None) -> Page:
        programme = await self._terms()
        if not programme:
            return Page([], None)
        question = requests.loyalty_events(window, cursor, self._page_size)
        found = page(await self._api.ask(question), question.holds)
        return replace(found, records=[await self._whole(one, programme) for one in found.records])

    async def _terms(self) -> Record:
        """The programme; empty where the seller has none."""
        if self._programme is None:
            question = requests.loyalty_programme()
            found = await self._api.ask_for(question, NothingThereError)
            self._programme = inside(found or {}, question.holds)
        return self._programme

    async def _whole(self, event: Any, programme: Record) -> Any:
        """The event with its account, and how long its points last."""
        if not isinstance(event, Mapping):
            return event
        accounts = await self._known()
        return {
            **event,
            "account": accounts.get(str(event.get("loyalty_account_id")), {}),
            "lasts": inside(programme, "expiration_policy").get("expiration_duration"),
            "zone": await self._places.zone_of(event.get("location_id")),
        }

    async def _known(self) -> Mapping[str, Record]:
        if self._accounts is None:
            self._accounts = await self._all_accounts()
        return self._accounts

    async def _all_accounts(self) -> dict[str, Record]:
        accounts: dict[str, Record] = {}
        cursor: str | None = None
        while True:
            question = requests.loyalty_accounts(cursor)
            found = page(await self._api.ask(question), question.holds)
            before = len(accounts)
            accounts |= {
                one["id"]: one
                for one in found.records
                if isinstance(one, Mapping) and isinstance(one.get("id"), str)
            }
            # The same page for ever brings nobody new.
            if found.next is None or len(accounts) == before:
                return accounts
            cursor = found.next
