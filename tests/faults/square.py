"""Faults in the shape of Square's API."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.responses import Response

from sandbox.responses import Body, json_response

ERROR_CODES = {
    400: ("INVALID_REQUEST_ERROR", "BAD_REQUEST"),
    401: ("AUTHENTICATION_ERROR", "UNAUTHORIZED"),
    403: ("AUTHENTICATION_ERROR", "INSUFFICIENT_SCOPES"),
    404: ("INVALID_REQUEST_ERROR", "NOT_FOUND"),
    429: ("RATE_LIMIT_ERROR", "RATE_LIMITED"),
    500: ("API_ERROR", "INTERNAL_SERVER_ERROR"),
    503: ("API_ERROR", "SERVICE_UNAVAILABLE"),
}


@dataclass(frozen=True, slots=True)
class HttpError:
    """An HTTP error in Square's shape; 429 may carry Retry-After."""

    status: int
    retry_after: float | None = None
    code: str | None = None
    detail: str = "As planned."

    async def reply(self, page: Callable[[], Body]) -> Response:
        category, code = ERROR_CODES[self.status]
        error = {"category": category, "code": self.code or code, "detail": self.detail}
        headers = {} if self.retry_after is None else {"Retry-After": f"{self.retry_after:g}"}
        return json_response({"errors": [error]}, self.status, headers)


@dataclass(slots=True)
class RepeatedPage:
    """The first page again for every request, always with a cursor; `cursors` come first."""

    cursors: list[str] = field(default_factory=list)
    _first: Body = field(default_factory=dict)

    async def reply(self, page: Callable[[], Body]) -> Response:
        self._first = self._first or page()
        cursor = self.cursors.pop(0) if self.cursors else "again"
        return json_response({**self._first, "cursor": cursor})


@dataclass(frozen=True, slots=True)
class CorruptedRecords:
    """A page in which `change` is applied to every `every`-th record."""

    change: Callable[[Body], object]
    every: int = 1

    async def reply(self, page: Callable[[], Body]) -> Response:
        body = copy.deepcopy(page())
        for records in (value for value in body.values() if isinstance(value, list)):
            for record in records[:: self.every]:
                self.change(record)
        return json_response(body)


def invalid_dates(every: int = 1, date: str = "2026-02-30T25:61:00Z") -> CorruptedRecords:
    return CorruptedRecords(lambda record: record.update(updated_at=date, created_at=date), every)


def without_ids(every: int = 1) -> CorruptedRecords:
    return CorruptedRecords(lambda record: record.pop("id", None), every)


def invalid_addresses(every: int = 1, address: str = "ana at example") -> CorruptedRecords:
    return CorruptedRecords(
        lambda record: "email_address" in record and record.update(email_address=address), every
    )
