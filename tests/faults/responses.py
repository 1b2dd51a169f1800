"""A plan of faults for a sandbox server, and faults that any platform can have.

faults = Faults()
faults.plan(HtmlPage(), times=2)                    # the next two requests
faults.plan(TruncatedBody(), after=3, on="orders")  # the fourth page of orders from here
faults.always(DelayedResponse(0.5))                 # every request without a planned fault
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field

import orjson
from starlette.responses import HTMLResponse, Response, StreamingResponse

from sandbox.responses import Body, Fault, json_response


@dataclass(slots=True)
class Faults:
    """The plan: one queue for each connection, and one for requests to any."""

    planned: dict[str | None, deque[Fault | None]] = field(
        default_factory=lambda: defaultdict(deque)
    )
    standing: dict[str | None, Fault] = field(default_factory=dict)

    def plan(self, fault: Fault, *, times: int = 1, after: int = 0, on: str | None = None) -> None:
        """Plan `fault` for the next `times` requests, `after` that many good ones."""
        self.planned[on].extend([None] * after + [fault] * times)

    def always(self, fault: Fault, *, on: str | None = None) -> None:
        """Return `fault` for every request to connection `on` that has no planned one."""
        self.standing[on] = fault

    def clear(self) -> None:
        """Remove every fault from the plan."""
        self.planned.clear()
        self.standing.clear()

    def next_fault(self, connections: Iterable[str] = ()) -> Fault | None:
        """Return the fault of this request, or None."""
        keys = [*connections, None]
        planned = [self.planned[name].popleft() for name in keys if self.planned[name]]
        standing = [self.standing[name] for name in keys if name in self.standing]
        return next((fault for fault in [*planned, *standing] if fault is not None), None)


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """A maintenance page in place of JSON."""

    status: int = 200

    async def reply(self, page: Callable[[], Body]) -> Response:
        return HTMLResponse("<!doctype html><title>We’ll be right back</title>", self.status)


@dataclass(frozen=True, slots=True)
class TruncatedBody:
    """Half of the body, with the Content-Length of that half."""

    async def reply(self, page: Callable[[], Body]) -> Response:
        body = orjson.dumps(page())
        return Response(body[: len(body) // 2], media_type="application/json")


@dataclass(frozen=True, slots=True)
class DroppedConnection:
    """The connection closes in the middle of the body. Visible only over a real socket."""

    async def reply(self, page: Callable[[], Body]) -> Response:
        body = orjson.dumps(page())

        async def half() -> AsyncIterator[bytes]:
            yield body[: len(body) // 2]
            raise ConnectionResetError("The line went dead, as planned.")

        length = {"Content-Length": str(len(body))}
        return StreamingResponse(half(), media_type="application/json", headers=length)


@dataclass(frozen=True, slots=True)
class DelayedResponse:
    """The right response, `seconds` late by the machine's clock."""

    seconds: float

    async def reply(self, page: Callable[[], Body]) -> Response:
        await asyncio.sleep(self.seconds)
        return json_response(page())
