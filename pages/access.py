"""A line for each request, with nothing in it that leads to a person."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Say = Callable[[str], None]
# A token opens somebody's page, and a stranger's address may be anything at all.
SHAPES = {
    re.compile(r"/u/[^/]+"): "/u/…",
    re.compile(r"/join/[^/]+"): "/join/…",
    re.compile(r"/join"): "/join",
    re.compile(r"/hooks/sendgrid"): "/hooks/sendgrid",
    re.compile(r"/health"): "/health",
}
METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}


class Access:
    """Around the pages: says what came and what was answered, and where a fault of ours lies."""

    def __init__(self, app: ASGIApp, say: Say, clock: Callable[[], float] = time.monotonic) -> None:
        self._app, self._say, self._clock = app, say, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status, fault = self._clock(), 0, ""

        async def answering(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, answering)
        except Exception as error:  # noqa: BLE001  # answered with 500 already; only its place is told
            fault = f" {type(error).__name__} at {_place(error)}"
        finally:
            took = (self._clock() - began) * 1000
            self._say(f"{shape(scope['method'], scope['path'])} {status} {took:.0f} ms{fault}")


def shape(method: str, path: str) -> str:
    """What was asked, without what is somebody's own."""
    known = (kept for shaped, kept in SHAPES.items() if shaped.fullmatch(path))
    return f"{method if method in METHODS else '…'} {next(known, '…')}"


def _place(error: Exception) -> str:
    """The last line of it, without its words: they may quote anybody."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
