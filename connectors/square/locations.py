"""Loads a seller's locations: orders are requested by location, and each has a time zone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.read_record import Record
from connectors.square import requests
from connectors.square.client import SquareClient
from connectors.square.responses import parse_page


class Locations:
    """The seller's locations, requested once when they are first needed."""

    def __init__(self, client: SquareClient) -> None:
        self._api = client
        self._locations: dict[str, Record] | None = None

    async def batches(self, batch_size: int) -> list[list[str]]:
        """Return the ids in batches of `batch_size`, always in the same order."""
        ids = sorted(await self._load())
        return [ids[start : start + batch_size] for start in range(0, len(ids), batch_size)]

    async def timezone_of(self, location: Any) -> str | None:
        """Return the time zone of `location`, or of the first where it is unknown."""
        locations = await self._load()
        first = next(iter(locations.values()), {})
        zone = locations.get(str(location), first).get("timezone")
        return zone if isinstance(zone, str) else None

    async def _load(self) -> dict[str, Record]:
        if self._locations is None:
            request = requests.locations()
            page = parse_page(await self._api.request(request), request.result_key)
            self._locations = {
                location["id"]: location
                for location in page.records
                if isinstance(location, Mapping) and isinstance(location.get("id"), str)
            }
        return self._locations
