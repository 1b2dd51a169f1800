"""JSON responses of the sandbox servers, and the hook through which a test replaces one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import orjson
from starlette.responses import Response

Body = dict[str, Any]


class Fault(Protocol):
    """A response in place of the server's own."""

    async def reply(self, page: Callable[[], Body]) -> Response:
        """Return the response; `page` computes the body the server would have sent."""
        ...


class FaultPlan(Protocol):
    """Decides which requests fail, and how."""

    def next_fault(self, connections: Iterable[str] = ()) -> Fault | None:
        """Return the fault of this request to `connections`, or None."""
        ...


class NoFaults:
    """The plan of a server in which every request succeeds."""

    def next_fault(self, connections: Iterable[str] = ()) -> None:  # the protocol's
        return None


def json_response(body: Body, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return `body` as a JSON response with `status` and `headers`."""
    return Response(orjson.dumps(body), status, headers, media_type="application/json")
