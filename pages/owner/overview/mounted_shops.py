"""Each shop's own pages below /s/<slug>/: opened at the first request, again when its file changes.

A shop has its own application with its own passcode, secret, cookies, renderer and connections:
nothing of one is within reach of another. One that cannot be opened is an error page of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.open.open_shop import OpenShop

PREFIX = "/s/"
SHOP_PATH = re.compile(r"/s/(?P<slug>[a-z0-9-]+)(?P<rest>/.*)?", re.DOTALL)
Fingerprint = tuple[tuple[int, int] | None, ...]


@dataclass(frozen=True)
class OpenedPages:
    """The pages of a shop, and the shop whose connections are closed when they are replaced."""

    app: ASGIApp
    shop: OpenShop


@dataclass
class MountedShop:
    """The pages of the shop of the owner's file at `path`."""

    path: Path
    open_pages: Callable[[Path], OpenedPages]
    _pages: OpenedPages | None = None
    _error: Exception | None = None
    _fingerprint: Fingerprint | None = None
    _lock: Lock = field(default_factory=Lock)

    def app(self) -> ASGIApp:
        """Returns the application, a new one if the file has changed.

        Raises what opening it raised.
        """
        with self._lock:
            fingerprint = self._files()
            if fingerprint != self._fingerprint or self._pages is None:
                self._replace(fingerprint)
            if self._pages is None:
                raise self._error or FileNotFoundError(self.path)
            return self._pages.app

    def _replace(self, fingerprint: Fingerprint) -> None:
        """A shop that could not be opened is tried again with each request."""
        previous, self._pages, self._error = self._pages, None, None
        self._fingerprint = fingerprint
        if previous:
            previous.shop.engine.dispose()
        try:
            self._pages = self.open_pages(self.path)
        except Exception as error:  # noqa: BLE001  # one broken shop must not hide the others
            self._error = error

    def _files(self) -> Fingerprint:
        return tuple(map(_version, (self.path, self.path.parent / ".env")))


def _version(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


class MountedShops:
    """ASGI middleware that hands what is below /s/<slug>/ to the pages of that shop.

    `unavailable` answers for a shop that cannot be opened; `app` handles all other requests. A shop
    whose database does not answer keeps only its own visitors waiting: each has a thread of its own
    to be opened in.
    """

    def __init__(
        self,
        app: ASGIApp,
        shops: Mapping[str, MountedShop],
        unavailable: Callable[[Request, Exception], Response],
    ) -> None:
        self._app, self._shops, self._unavailable = app, shops, unavailable
        self._openings = {slug: CapacityLimiter(1) for slug in shops}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match = SHOP_PATH.fullmatch(scope["path"]) if scope["type"] == "http" else None
        shop = self._shops.get(match["slug"]) if match else None
        if match is None or shop is None or match["rest"] is None:
            await self._app(scope, receive, send)
            return
        try:
            app = await run_sync(shop.app, limiter=self._openings[match["slug"]])
        except Exception as error:  # noqa: BLE001  # as above
            await self._unavailable(Request(scope, receive), error)(scope, receive, send)
            return
        root_path = f"{scope.get('root_path', '')}{PREFIX}{match['slug']}"
        await app({**scope, "root_path": root_path, "state": {}}, receive, send)
