"""Access log: one line per request, without personal data."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping

from starlette._utils import get_route_path
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mail.senders.registry import provider_names

logger = logging.getLogger(__name__)
# Paths are logged as labels only: tokens are credentials, and unknown paths may hold anything.
PATH_LABELS = {
    re.compile(r"/u/[^/]+"): "/u/…",
    re.compile(r"/join/[^/]+"): "/join/…",
    re.compile(r"/approve/[^/]+"): "/approve/…",
    re.compile(r"/approve/[^/]+/mail/[0-9]+"): "/approve/…/mail/…",
    re.compile(r"/join"): "/join",
    **{re.compile(f"/hooks/{name}"): f"/hooks/{name}" for name in provider_names()},
    re.compile(r"/health"): "/health",
}
METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}


class AccessLog:
    """ASGI middleware that logs method, path label, status, duration and the place of an error.

    Records have level INFO, or ERROR for an internal error, and `event` "pages". `labels` are those
    of the application's paths.
    """

    def __init__(
        self,
        app: ASGIApp,
        clock: Callable[[], float] = time.monotonic,
        labels: Mapping[re.Pattern[str], str] = PATH_LABELS,
    ) -> None:
        self._app, self._clock, self._labels = app, clock, labels

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, status, failure = self._clock(), 0, ""

        async def record_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, record_status)
        except Exception as error:  # noqa: BLE001  # Starlette has sent 500 already; only the location is logged
            failure = f" {type(error).__name__} at {_error_location(error)}"
        finally:
            elapsed_ms = (self._clock() - started) * 1000
            request = redacted_request(scope["method"], get_route_path(scope), self._labels)
            level = logging.ERROR if failure else logging.INFO
            message = f"{request} {status} {elapsed_ms:.0f} ms{failure}"
            logger.log(level, message, extra={"event": "pages"})


def redacted_request(
    method: str, path: str, labels: Mapping[re.Pattern[str], str] = PATH_LABELS
) -> str:
    """Returns the method and the path's label; unknown methods and paths become `…`."""
    matches = (label for pattern, label in labels.items() if pattern.fullmatch(path))
    return f"{method if method in METHODS else '…'} {next(matches, '…')}"


def route_labels(routes: Iterable[Route]) -> dict[re.Pattern[str], str]:
    """Returns labels of `routes` without what they hold: /customers/… for /customers/{id}."""
    return {route.path_regex: re.sub(r"\{[^}]*\}", "…", route.path) for route in routes}


def _error_location(error: Exception) -> str:
    """File and line of the innermost frame; the message may hold personal data."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
