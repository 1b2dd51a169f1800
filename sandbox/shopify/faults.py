"""What may go wrong between a shop and its platform, in an order that a test writes down.

faults = Faults()
faults.then(Refuses(500), times=2)                  # the next two requests
faults.then(HalfAPage(), after=3, on="orders")      # the fourth page of orders from here
faults.always(without_emails())                          # whenever nothing else is planned
"""

from __future__ import annotations

import asyncio
import copy
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson
from starlette.responses import HTMLResponse, Response, StreamingResponse

from sandbox.shopify import refusals

Body = dict[str, Any]


class Fault(Protocol):
    """Replies in the shop's place; `page` is what the shop would have answered."""

    async def reply(self, page: Callable[[], Body]) -> Response: ...


@dataclass(slots=True)
class Faults:
    """The plan: first come, first served, for one connection or for any request."""

    planned: dict[str | None, deque[Fault | None]] = field(
        default_factory=lambda: defaultdict(deque)
    )
    standing: dict[str | None, Fault] = field(default_factory=dict)

    def then(self, fault: Fault, *, times: int = 1, after: int = 0, on: str | None = None) -> None:
        """After so many good answers, this fault so many times."""
        self.planned[on].extend([None] * after + [fault] * times)

    def always(self, fault: Fault, *, on: str | None = None) -> None:
        self.standing[on] = fault

    def mend(self) -> None:
        """From here on all is well."""
        self.planned.clear()
        self.standing.clear()

    def take(self, connections: Iterable[str] = ()) -> Fault | None:
        """The fault of this request, if it has one."""
        asked = [*connections, None]
        turns = [self.planned[name].popleft() for name in asked if self.planned[name]]
        lasting = [self.standing[name] for name in asked if name in self.standing]
        return next((fault for fault in [*turns, *lasting] if fault is not None), None)


@dataclass(frozen=True, slots=True)
class Refuses:
    """401, 429 with its Retry-After, 500, 503: no answer at all."""

    status: int
    retry_after: float | None = None

    async def reply(self, page: Callable[[], Body]) -> Response:
        headers = {} if self.retry_after is None else {"Retry-After": f"{self.retry_after:g}"}
        return json(
            {"errors": REASONS.get(self.status, "Internal Server Error")}, self.status, headers
        )


@dataclass(frozen=True, slots=True)
class Throttles:
    """The bucket is empty: HTTP 200, an error in the body, nothing else."""

    async def reply(self, page: Callable[[], Body]) -> Response:
        cost = {"requestedQueryCost": 200, "actualQueryCost": None, "throttleStatus": EMPTY_BUCKET}
        return json({"errors": [refusals.throttled()], "extensions": {"cost": cost}})


@dataclass(frozen=True, slots=True)
class Fails:
    """A GraphQL error with no data."""

    message: str = "Internal error. Looks like something went wrong on our end."
    code: str = "INTERNAL_SERVER_ERROR"

    async def reply(self, page: Callable[[], Body]) -> Response:
        error = {"message": self.message, "extensions": {"code": self.code}}
        return json({"data": None, "errors": [error]})


@dataclass(frozen=True, slots=True)
class WebPage:
    """Somebody's maintenance page in place of JSON."""

    status: int = 200

    async def reply(self, page: Callable[[], Body]) -> Response:
        return HTMLResponse("<!doctype html><title>We’ll be right back</title>", self.status)


@dataclass(frozen=True, slots=True)
class HalfAPage:
    """The body ends in the middle, and says it is whole."""

    async def reply(self, page: Callable[[], Body]) -> Response:
        body = orjson.dumps(page())
        return Response(body[: len(body) // 2], media_type="application/json")


@dataclass(frozen=True, slots=True)
class HangsUp:
    """The connection closes in the middle of the body. Needs a real socket to be seen."""

    async def reply(self, page: Callable[[], Body]) -> Response:
        body = orjson.dumps(page())

        async def half() -> AsyncIterator[bytes]:
            yield body[: len(body) // 2]
            raise ConnectionResetError("The line went dead, as planned.")

        length = {"Content-Length": str(len(body))}
        return StreamingResponse(half(), media_type="application/json", headers=length)


@dataclass(frozen=True, slots=True)
class AnswersLate:
    """A right answer, after a pause by the machine's clock."""

    seconds: float

    async def reply(self, page: Callable[[], Body]) -> Response:
        await asyncio.sleep(self.seconds)
        return json(page())


@dataclass(slots=True)
class SamePage:
    """Whatever is asked, the first page that was answered, and always another one to come."""

    _first: dict[str, Body] = field(default_factory=dict)

    async def reply(self, page: Callable[[], Body]) -> Response:
        body = page()
        first = self._first.setdefault(",".join(body.get("data") or {}), body)
        for connection in connections(first):
            connection["pageInfo"]["hasNextPage"] = True
        return json(first)


@dataclass(frozen=True, slots=True)
class Spoils:
    """Every n-th record of the page is changed on its way out."""

    change: Callable[[Body], None]
    every: int = 1

    async def reply(self, page: Callable[[], Body]) -> Response:
        body = copy.deepcopy(page())
        for connection in connections(body):
            for record in connection["nodes"][:: self.every]:
                self.change(record)
        return json(body)


def without_emails() -> Spoils:
    """What an app without the right to protected customer data is given."""
    return Spoils(lambda record: redact(record, "defaultEmailAddress", "defaultPhoneNumber"))


def without_ids(every: int = 1) -> Spoils:
    return Spoils(lambda record: drop(record, "id"), every)


def impossible_dates(every: int = 1, date: str = "2026-02-30T25:61:00Z") -> Spoils:
    return Spoils(lambda record: record.update(updatedAt=date, createdAt=date), every)


def no_such_address(every: int = 1, address: str = "ana at example") -> Spoils:
    def change(record: Body) -> None:
        if record.get("defaultEmailAddress"):
            record["defaultEmailAddress"]["emailAddress"] = address

    return Spoils(change, every)


def redact(record: Body, *names: str) -> None:
    for name in names:
        if name in record:
            record[name] = None


def drop(record: Body, name: str) -> None:
    record.pop(name, None)


def connections(body: Body) -> list[Body]:
    """The connections at the root of an answer."""
    values = (body.get("data") or {}).values()
    return [value for value in values if isinstance(value, dict) and "nodes" in value]


def json(body: Body, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, media_type="application/json")


WRONG_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105 - Shopify's sentence
REASONS = {401: WRONG_TOKEN, 429: "Too Many Requests", 503: "Service Unavailable"}
EMPTY_BUCKET = {"maximumAvailable": 2000.0, "currentlyAvailable": 0, "restoreRate": 100.0}
