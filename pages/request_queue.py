"""Requests wait for their turn; each client may have only a few open at once.

Slow requests therefore hold up their own client, and unsubscribing waits for nobody.
"""

from __future__ import annotations

from asyncio import Future, get_running_loop
from collections import Counter, OrderedDict, deque

from starlette.types import ASGIApp, Receive, Scope, Send

from pages.rate_limit import SITE_PREFIX, client_key

MAX_OPEN = 48
MAX_OPEN_PER_CLIENT = 12
UNSUBSCRIBE_PREFIX = "/u/"
WITHOUT_BODY = {"GET", "HEAD", "OPTIONS"}


class RequestQueue:
    """ASGI middleware: at most `max_open` requests with a body are handled at once, and at most
    `max_per_client` of one client. Others wait, and the clients take turns.

    Requests that need not wait: those to unsubscribe, whose body is not read, and those that have
    no body.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_open: int = MAX_OPEN,
        max_per_client: int = MAX_OPEN_PER_CLIENT,
    ) -> None:
        self._app = app
        self._max_open, self._max_per_client = max_open, max_per_client
        self._open: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[Future[None]]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or needs_no_turn(scope["method"], scope["path"]):
            await self._app(scope, receive, send)
            return
        host, _ = scope.get("client") or (None, None)
        client = client_key(host, SITE_PREFIX)
        await self._take_turn(client)
        try:
            await self._app(scope, receive, send)
        finally:
            self._give_back(client)

    async def _take_turn(self, client: str) -> None:
        if self._may_begin(client):
            self._open[client] += 1
            return
        turn: Future[None] = get_running_loop().create_future()
        self._waiting.setdefault(client, deque()).append(turn)
        try:
            await turn  # `_begin_waiting` counts it as open
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._give_back(client)
            raise

    def _give_back(self, client: str) -> None:
        self._open[client] -= 1
        if not self._open[client]:
            del self._open[client]
        self._begin_waiting()

    def _begin_waiting(self) -> None:
        """Lets as many waiting requests begin as there is room for, one of each client in turn."""
        while client := next((name for name in self._waiting if self._may_begin(name)), None):
            turns = self._waiting.pop(client)
            turn = turns.popleft()
            if turns:
                self._waiting[client] = turns  # at the end of the line
            if not turn.done():
                self._open[client] += 1
                turn.set_result(None)

    def _may_begin(self, client: str) -> bool:
        return self._open.total() < self._max_open and self._open[client] < self._max_per_client


def needs_no_turn(method: str, path: str) -> bool:
    """Whether a request is answered without reading a body."""
    return method in WITHOUT_BODY or path.startswith(UNSUBSCRIBE_PREFIX)
