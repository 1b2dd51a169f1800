"""What may go wrong at Square in particular."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.responses import Response

from sandbox.faults import Body, json_response

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
    """401, 429 with its Retry-After, 500, 503: an error and nothing else."""

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
    """Whatever is asked, the first page that was answered, and always another one to come."""

    cursors: list[str] = field(default_factory=list)
    _first: Body = field(default_factory=dict)

    async def reply(self, page: Callable[[], Body]) -> Response:
        self._first = self._first or page()
        cursor = self.cursors.pop(0) if self.cursors else "again"
        return json_response({**self._first, "cursor": cursor})


@dataclass(frozen=True, slots=True)
class CorruptedRecords:
    """Every n-th record of the page is changed on its way out."""

    change: Callable[[Body], object]
    every: int = 1

    async def reply(self, page: Callable[[], Body]) -> Response:
        body = copy.deepcopy(page())
        for records in (value for value in body.values() if isinstance(value, list)):
            for record in records[:: self.every]:
                self.change(record)
        return json_response(body)


def impossible_dates(every: int = 1, date: str = "2026-02-30T25:61:00Z") -> CorruptedRecords:
    return CorruptedRecords(lambda record: record.update(updated_at=date, created_at=date), every)


def without_ids(every: int = 1) -> CorruptedRecords:
    return CorruptedRecords(lambda record: record.pop("id", None), every)


def no_such_address(every: int = 1, address: str = "ana at example") -> CorruptedRecords:
    return CorruptedRecords(
        lambda record: "email_address" in record and record.update(email_address=address), every
    )
