"""The look-alikes on a real port of this machine, and of no other."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn
from starlette.applications import Starlette

from sandbox.cafe import Cafe, cafe
from sandbox.shopify.graphql import STORE, Shop
from sandbox.shopify.query_cost import Bucket
from sandbox.shopify.server import admin_api
from sandbox.shopify.tokens import CLIENT_ID, CLIENT_SECRET
from sandbox.square.search import Seller
from sandbox.square.server import ACCESS_TOKEN, square_api
from sandbox.till import till
from settings.errors import UnavailableError

LOOPBACK = "127.0.0.1"
Ready = Callable[[dict[str, Any]], None]


def serve(*, customers: int, seed: int, port: int = 0, square_port: int = 0, ready: Ready) -> None:
    """Serve the café until SIGTERM or SIGINT; `ready` hears where, once it listens."""
    seeded = cafe(customers, seed)
    seller = Seller(till(seeded, seed))
    with listening(port) as door, running(square_api(seller), square_port) as square:
        # The bucket of a Plus shop: a demo is not the place to wait for points.
        shop = Shop(seeded, Bucket(size=20_000, restores=1_000))
        told = whereabouts(seeded, door, square)
        server = Server(admin_api(shop), lambda: ready(told))
        with stopping_on_signals(server):
            server.run(sockets=[door])


@contextmanager
def running(app: Starlette, port: int = 0) -> Iterator[str]:
    """The address of an app that is served in a thread, for as long as it is needed."""
    started = threading.Event()
    with listening(port) as door:
        server = Server(app, started.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
        thread.start()
        started.wait(10)
        try:
            yield address(door)
        finally:
            server.should_exit = True
            thread.join(10)


class Server(uvicorn.Server):
    """Uvicorn that says when it is up."""

    def __init__(self, app: Starlette, started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_level=CRITICAL_ONLY,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=2,
            )
        )
        self._say_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._say_started()


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((LOOPBACK, port))
        except (OSError, OverflowError) as problem:
            reason = getattr(problem, "strerror", None) or problem
            raise UnavailableError(
                f"The sandbox cannot listen on port {port} of this machine ({reason})."
                " Stop what listens there, or choose another port, here and in `address:`."
            ) from problem
        yield door


@contextmanager
def stopping_on_signals(server: Server) -> Iterator[None]:
    """A signal is an ordinary end, though uvicorn raises the one that stopped it once more."""

    def stop(_sign: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    before = {sign: signal.signal(sign, stop) for sign in STOPS}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def whereabouts(seeded: Cafe, door: socket.socket, square: str) -> dict[str, Any]:
    return {
        "shopify": {
            "address": address(door),
            "store": STORE,
            "client id": CLIENT_ID,
            "client secret": CLIENT_SECRET,
        },
        "square": {"address": square, "access token": ACCESS_TOKEN},
        "now": seeded.now.isoformat(),
    }


def address(door: socket.socket) -> str:
    return f"http://{LOOPBACK}:{door.getsockname()[1]}"


STOPS = (signal.SIGINT, signal.SIGTERM)
CRITICAL_ONLY = "critical"
