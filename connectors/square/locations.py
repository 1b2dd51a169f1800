"""A seller's locations: orders are asked for by them, and each has its own clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.read_record import Record
from connectors.square import requests
from connectors.square.client import Api
from connectors.square.responses import page


class Places:
    """Asked for once, when first needed."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[str, Record] | None = None

    async def groups(self, most: int) -> list[list[str]]:
        """Their ids, so many at a time, always in the same order."""
        keys = sorted(await self._all())
        return [keys[start : start + most] for start in range(0, len(keys), most)]

    async def zone_of(self, location: Any) -> str | None:
        """The time zone of one, or of the first where it is not known."""
        known = await self._all()
        first = next(iter(known.values()), {})
        zone = known.get(str(location), first).get("timezone")
        return zone if isinstance(zone, str) else None

    async def _all(self) -> dict[str, Record]:
        if self._known is None:
            question = requests.locations()
            found = page(await self._api.ask(question), question.holds)
            self._known = {
                one["id"]: one
                for one in found.records
                if isinstance(one, Mapping) and isinstance(one.get("id"), str)
            }
        return self._known
