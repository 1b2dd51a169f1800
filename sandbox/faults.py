"""What may go wrong between a shop and its platform, in an order that a test writes down.

faults = Faults()
faults.then(WebPage(), times=2)                     # the next two requests
faults.then(HalfAPage(), after=3, on="orders")      # the fourth page of orders from here
faults.always(AnswersLate(0.5))                     # whenever nothing else is planned
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson
from starlette.responses import HTMLResponse, Response, StreamingResponse

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

    def plan(self, fault: Fault, *, times: int = 1, after: int = 0, on: str | None = None) -> None:
        """After so many good answers, this fault so many times."""
        self.planned[on].extend([None] * after + [fault] * times)

    def always(self, fault: Fault, *, on: str | None = None) -> None:
        self.standing[on] = fault

    def clear(self) -> None:
        """From here on all is well."""
        self.planned.clear()
        self.standing.clear()

    def next_fault(self, connections: Iterable[str] = ()) -> Fault | None:
        """The fault of this request, if it has one."""
        keys = [*connections, None]
        planned = [self.planned[name].popleft() for name in keys if self.planned[name]]
        standing = [self.standing[name] for name in keys if name in self.standing]
        return next((fault for fault in [*planned, *standing] if fault is not None), None)


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """Somebody's maintenance page in place of JSON."""

    status: int = 200

    async def reply(self, page: Callable[[], Body]) -> Response:
        return HTMLResponse("<!doctype html><title>We’ll be right back</title>", self.status)


@dataclass(frozen=True, slots=True)
class TruncatedBody:
    """The body ends in the middle, and says it is whole."""

    async def reply(self, page: Callable[[], Body]) -> Response:
        body = orjson.dumps(page())
        return Response(body[: len(body) // 2], media_type="application/json")


@dataclass(frozen=True, slots=True)
class DroppedConnection:
    """The connection closes in the middle of the body. Needs a real socket to be seen."""

    async def reply(self, page: Callable[[], Body]) -> Response:
        body = orjson.dumps(page())

        async def half() -> AsyncIterator[bytes]:
            yield body[: len(body) // 2]
            raise ConnectionResetError("The line went dead, as planned.")

        length = {"Content-Length": str(len(body))}
        return StreamingResponse(half(), media_type="application/json", headers=length)


@dataclass(frozen=True, slots=True)
class DelayedResponse:
    """A right answer, after a pause by the machine's clock."""

    seconds: float

    async def reply(self, page: Callable[[], Body]) -> Response:
        await asyncio.sleep(self.seconds)
        return json_response(page())


def json_response(body: Body, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, media_type="application/json")
