"""Serves the owner's pages on a port of their own, in a thread, and follows the config."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from socket import socket
from threading import Event, Lock, Thread

from starlette.types import ASGIApp, Receive, Scope, Send

from engine.config.owner_pages import DEFAULT_PORT, OwnerPages
from engine.open.open_shop import OpenShop, open_shop
from pages.clock import Clock, machine_clock
from pages.owner.access.hosts import LOOPBACK
from pages.owner.access.signed_out import SignedOut
from pages.owner.app import Entrance, create_owner_app
from pages.server import Server, base_url, listening_socket
from regulars.terminal.log import log_event
from settings.errors import UnavailableError
from shop.db.engine import open_database

START_TIMEOUT = 10.0
STOP_TIMEOUT = 5.0
LOCK_TIMEOUT = 2.0  # seconds: longer, and the page of before is shown
SIGNED_OUT_FILE = ".regulars/signed-out"
SUBJECT = "your pages"
NO_PASSCODE = (
    "They have no passcode: write pages: {passcode: $REGULARS_PASSCODE} into config.yaml, "
    "and REGULARS_PASSCODE=… into .env beside it."
)


@dataclass(frozen=True)
class OwnerPort:
    """Where the owner's pages listen; `is_asked_for` is False for the default port."""

    host: str = LOOPBACK
    port: int = DEFAULT_PORT
    is_asked_for: bool = False


def owner_port(shop: OpenShop, option: int | None) -> OwnerPort:
    """Returns the port of the command's `option`, else of `pages: port`, else the default."""
    settings = shop.config.pages or OwnerPages()
    port = settings.port if option is None else option
    host = settings.listen_on or LOOPBACK
    return OwnerPort(host, DEFAULT_PORT if port is None else port, port is not None)


class ServedOwnerPages:
    """An ASGI application with the owner's pages of one shop; `show_shop` replaces it."""

    def __init__(self, shop: OpenShop, address: str, clock: Clock = machine_clock) -> None:
        self.address, self._clock = address, clock
        self._entrance = Entrance(signed_out=SignedOut(shop.folder / SIGNED_OUT_FILE))
        self._lock = Lock()
        self._shop = with_own_connections(shop)
        self._app = self._build_app()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def show_shop(self, shop: OpenShop) -> None:
        """Rebuild the pages if the config of `shop` differs."""
        with self._lock:
            if shop.config == self._shop.config:
                return
            previous_shop, self._shop = self._shop, with_own_connections(open_shop(shop.path))
            self._app = self._build_app()
        previous_shop.engine.dispose()

    @property
    def has_passcode(self) -> bool:
        return bool(self._shop.config.pages and self._shop.config.pages.passcode)

    def one_time_link(self) -> str:
        """Returns a link that opens the pages once, within an hour."""
        return f"{self.address}/link/{self._entrance.links.create()}"

    def _build_app(self) -> ASGIApp:
        return create_owner_app(self._shop, self._entrance, clock=self._clock)


def with_own_connections(shop: OpenShop) -> OpenShop:
    """The shop with connections that wait only LOCK_TIMEOUT seconds for a lock."""
    database = open_database(
        shop.config.database, base_folder=shop.folder, lock_timeout=LOCK_TIMEOUT
    )
    return replace(shop, engine=database)


@contextmanager
def serve_owner_pages(
    shop: OpenShop, where: OwnerPort, clock: Clock = machine_clock
) -> Iterator[ServedOwnerPages | None]:
    """Serve the owner's pages in a thread until the block ends; yields the application.

    Yields None, and logs it, if the default port is taken, as by another shop on this machine.
    Raises UnavailableError if a port that was asked for is taken.
    """
    with ExitStack() as stack:
        try:
            listener = stack.enter_context(
                listening_socket(where.host, where.port, option="--owner-port")
            )
        except UnavailableError as error:
            if where.is_asked_for:
                raise
            log_event(SUBJECT, f"not served. {error}", level=logging.WARNING)
            yield None
            return
        pages = ServedOwnerPages(shop, base_url(listener), clock)
        stack.enter_context(_serving(pages, listener))
        yield pages


@contextmanager
def _serving(pages: ServedOwnerPages, listener: socket) -> Iterator[None]:
    started = Event()
    server = Server(pages, started.set)
    thread = Thread(target=server.run, args=([listener],), name="owner's pages", daemon=True)
    thread.start()
    started.wait(START_TIMEOUT)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(STOP_TIMEOUT)


def where_they_are(pages: ServedOwnerPages) -> str:
    """Returns the address, and without a passcode what to do."""
    return pages.address if pages.has_passcode else f"{pages.address}. {NO_PASSCODE}"


def print_link(pages: ServedOwnerPages) -> None:
    """Print a link that opens the pages where they have no passcode: on a terminal alone, never
    into a file, since it is a key.
    """
    if not pages.has_passcode and sys.stderr.isatty():
        link = pages.one_time_link()
        sys.stderr.write(f"Open your pages with this link, once and within an hour: {link}\n")
