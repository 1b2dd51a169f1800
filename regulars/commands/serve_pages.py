"""The pages of a shop that is served: in a thread, and with the file as it is now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock, Thread

from starlette.types import ASGIApp, Receive, Scope, Send

from engine.open.open_shop import OpenShop, open_shop
from pages.access import Access
from pages.app import public_pages
from pages.public.signup import nobody_waits
from pages.server import Server, address, listening
from regulars.commands.pages import missing
from regulars.terminal.log import Log

STARTS_WITHIN = 10.0
STOPS_WITHIN = 5.0


@dataclass(frozen=True)
class Door:
    """Where the pages listen."""

    host: str
    port: int


class ServedPages:
    """The application; `show` gives it another file."""

    def __init__(self, shop: OpenShop, at: str, signed_up: Callable[[], None]) -> None:
        self.address = at
        self._lock = Lock()
        self._signed_up = signed_up
        self._shop, self._app = shop, self._pages_of(shop)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def show(self, shop: OpenShop) -> None:
        """The pages have connections of their own: a round closes its own at its end."""
        with self._lock:
            if shop.file == self._shop.file:
                return
            before, self._shop = self._shop, open_shop(shop.path)
            self._app = self._pages_of(self._shop)
        before.engine.dispose()

    def _pages_of(self, shop: OpenShop) -> ASGIApp:
        return public_pages(shop, signed_up=self._signed_up)


@contextmanager
def served(
    shop: OpenShop, door: Door, log: Log, signed_up: Callable[[], None] = nobody_waits
) -> Iterator[ServedPages]:
    """In a thread of their own: they answer whatever the shop is doing."""
    with listening(door.host, door.port) as socket:
        pages = ServedPages(shop, address(socket), signed_up)
        up = Event()
        server = Server(Access(pages, lambda line: log.say("pages", line)), up.set)
        thread = Thread(target=server.run, args=([socket],), name="pages", daemon=True)
        thread.start()
        up.wait(STARTS_WITHIN)
        for line in missing(shop):
            log.say("pages", line)
        try:
            yield pages
        finally:
            server.should_exit = True
            thread.join(STOPS_WITHIN)
