"""Serves the public pages in a thread and follows changes of the config."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock, Thread

from starlette.types import ASGIApp, Receive, Scope, Send

from engine.open.open_shop import OpenShop, open_shop
from pages.access import AccessLog
from pages.app import create_app, page_renderer
from pages.public.signup import ignore_sign_up
from pages.server import Server, base_url, listening_socket
from regulars.terminal.log import log_event

START_TIMEOUT = 10.0
STOP_TIMEOUT = 5.0


@dataclass(frozen=True)
class PagesAddress:
    """The host and port on which the pages listen."""

    host: str
    port: int


class ServedPages:
    """An ASGI application that serves one shop; `show_shop` replaces it."""

    def __init__(self, shop: OpenShop, address: str, on_sign_up: Callable[[], None]) -> None:
        self.address = address
        self._lock = Lock()
        self._on_sign_up = on_sign_up
        self._shop, self._app = shop, self._build_app(shop)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def show_shop(self, shop: OpenShop) -> None:
        """Rebuild the pages if the config of `shop` differs.

        The shop is opened again: the scheduler disposes of its own connections after each round.
        """
        with self._lock:
            if shop.config == self._shop.config:
                return
            previous_shop, self._shop = self._shop, open_shop(shop.path)
            self._app = self._build_app(self._shop)
        previous_shop.engine.dispose()

    def _build_app(self, shop: OpenShop) -> ASGIApp:
        return create_app(shop, on_sign_up=self._on_sign_up)


@contextmanager
def serve_pages(
    shop: OpenShop,
    pages_address: PagesAddress,
    on_sign_up: Callable[[], None] = ignore_sign_up,
) -> Iterator[ServedPages]:
    """Serve the pages in a thread until the block ends; yields the running application.

    `on_sign_up` is called when a visitor signs up. Raises UnavailableError if the port is taken.
    """
    with listening_socket(pages_address.host, pages_address.port) as socket:
        pages = ServedPages(shop, base_url(socket), on_sign_up)
        started = Event()
        server = Server(AccessLog(pages), started.set)
        thread = Thread(target=server.run, args=([socket],), name="pages", daemon=True)
        thread.start()
        started.wait(START_TIMEOUT)
        for note in configuration_notes(shop):
            log_event("pages", note)
        try:
            yield pages
        finally:
            server.should_exit = True
            thread.join(STOP_TIMEOUT)


def configuration_notes(shop: OpenShop) -> list[str]:
    """Returns a sentence for each part of the config that keeps the pages from being used."""
    notes = []
    if shop.config.shop.public_address is None:
        notes.append("No mail leads here: the file has no public address under shop.")
    elif shop.config.sending.unsubscribe_by == "mailbox":
        notes.append("New mails do not lead here: the file says unsubscribe by: mailbox.")
    remarks = (provider.webhook_remark(block) for provider, block in shop.config.sending.accounts())
    notes += [remark for remark in remarks if remark]
    notes += page_renderer(shop.folder, shop.config.shop, shop.language, shop.appearance).mistakes
    return notes
