"""Faults in the shape of WooCommerce's REST API."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.responses import Response

from sandbox.woocommerce.server import error


@dataclass(frozen=True, slots=True)
class HttpError:
    """An error status with WordPress's error body."""

    status: int
    retry_after: float | None = None
    code: str = "internal_server_error"
    message: str = "As planned."

    async def reply(self, page: Callable[[], Any]) -> Response:
        response = error(self.code, self.message, self.status)
        if self.retry_after is not None:
            response.headers["Retry-After"] = f"{self.retry_after:g}"
        return response


@dataclass(slots=True)
class RepeatedPage:
    """The same page for ever, with a total that promises more."""

    _records: Any = field(default=None)

    async def reply(self, page: Callable[[], Any]) -> Response:
        self._records = self._records or page()
        headers = {"X-WP-Total": "1000000", "X-WP-TotalPages": "10000"}
        return Response(orjson.dumps(self._records), 200, headers, media_type="application/json")


@dataclass(frozen=True, slots=True)
class CorruptedRecords:
    """Changes every n-th record of the page."""

    change: Callable[[dict[str, Any]], object]
    every: int = 1
    headers: tuple[tuple[str, str], ...] = ()

    async def reply(self, page: Callable[[], Any]) -> Response:
        records = copy.deepcopy(page())
        for record in records[:: self.every]:
            self.change(record)
        body = orjson.dumps(records)
        return Response(body, 200, dict(self.headers), media_type="application/json")


def invalid_dates(every: int = 1, date: str = "2026-02-30T25:61:00") -> CorruptedRecords:
    dates = {"date_modified_gmt": date, "date_created_gmt": date}
    return CorruptedRecords(lambda record: record.update(dates), every)


def without_ids(every: int = 1) -> CorruptedRecords:
    return CorruptedRecords(lambda record: record.pop("id", None), every)


def invalid_addresses(every: int = 1, address: str = "ana at example") -> CorruptedRecords:
    return CorruptedRecords(lambda record: record.update(email=address), every)
