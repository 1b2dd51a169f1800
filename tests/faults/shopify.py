"""Faults in the shape of Shopify's Admin API."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.responses import Response

from sandbox.responses import Body, json_response
from sandbox.shopify import errors
from sandbox.shopify.errors import WRONG_TOKEN


@dataclass(frozen=True, slots=True)
class HttpError:
    """An HTTP error with no data; 429 may carry Retry-After."""

    status: int
    retry_after: float | None = None

    async def reply(self, page: Callable[[], Body]) -> Response:
        headers = {} if self.retry_after is None else {"Retry-After": f"{self.retry_after:g}"}
        return json_response(
            {"errors": STATUS_MESSAGES.get(self.status, "Internal Server Error")},
            self.status,
            headers,
        )


@dataclass(frozen=True, slots=True)
class Throttled:
    """Status 200 with the error THROTTLED: the bucket is empty."""

    async def reply(self, page: Callable[[], Body]) -> Response:
        cost = {"requestedQueryCost": 200, "actualQueryCost": None, "throttleStatus": EMPTY_BUCKET}
        return json_response({"errors": [errors.throttled_error()], "extensions": {"cost": cost}})


@dataclass(frozen=True, slots=True)
class GraphqlFailure:
    """A GraphQL error with no data."""

    message: str = "Internal error. Looks like something went wrong on our end."
    code: str = "INTERNAL_SERVER_ERROR"

    async def reply(self, page: Callable[[], Body]) -> Response:
        error = {"message": self.message, "extensions": {"code": self.code}}
        return json_response({"data": None, "errors": [error]})


@dataclass(slots=True)
class RepeatedPage:
    """The first page again for every request, always with a next page."""

    _first: dict[str, Body] = field(default_factory=dict)

    async def reply(self, page: Callable[[], Body]) -> Response:
        body = page()
        first = self._first.setdefault(",".join(body.get("data") or {}), body)
        for connection in connections(first):
            connection["pageInfo"]["hasNextPage"] = True
        return json_response(first)


@dataclass(frozen=True, slots=True)
class CorruptedRecords:
    """A page in which `change` is applied to every `every`-th record."""

    change: Callable[[Body], None]
    every: int = 1

    async def reply(self, page: Callable[[], Body]) -> Response:
        body = copy.deepcopy(page())
        for connection in connections(body):
            for record in connection["nodes"][:: self.every]:
                self.change(record)
        return json_response(body)


def without_emails() -> CorruptedRecords:
    """Return the records of an app that may not read protected customer data."""
    return CorruptedRecords(
        lambda record: redact(record, "defaultEmailAddress", "defaultPhoneNumber")
    )


def without_ids(every: int = 1) -> CorruptedRecords:
    """Return a page in which every `every`-th record has no id."""
    return CorruptedRecords(lambda node: drop(node, "id"), every)


def invalid_dates(every: int = 1, date: str = "2026-02-30T25:61:00Z") -> CorruptedRecords:
    return CorruptedRecords(lambda record: record.update(updatedAt=date, createdAt=date), every)


def invalid_addresses(every: int = 1, address: str = "ana at example") -> CorruptedRecords:
    def change(record: Body) -> None:
        if record.get("defaultEmailAddress"):
            record["defaultEmailAddress"]["emailAddress"] = address

    return CorruptedRecords(change, every)


def redact(record: Body, *names: str) -> None:
    for name in names:
        if name in record:
            record[name] = None


def drop(record: Body, name: str) -> None:
    record.pop(name, None)


def connections(body: Body) -> list[Body]:
    """Return the connections at the root of the response `body`."""
    values = (body.get("data") or {}).values()
    return [value for value in values if isinstance(value, dict) and "nodes" in value]


STATUS_MESSAGES = {401: WRONG_TOKEN, 429: "Too Many Requests", 503: "Service Unavailable"}
EMPTY_BUCKET = {"maximumAvailable": 2000.0, "currentlyAvailable": 0, "restoreRate": 100.0}
