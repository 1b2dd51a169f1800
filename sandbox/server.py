"""Serves sandbox servers on loopback ports."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from types import FrameType
from typing import Any

import uvicorn
from starlette.applications import Starlette

from connectors.setup_registry import setups
from sandbox.cafe import cafe
from settings.errors import UnavailableError

LOOPBACK = "127.0.0.1"
Ready = Callable[[dict[str, Any]], None]


def serve(
    *, customers: int, seed: int, ports: Mapping[str, int] | None = None, ready: Ready
) -> None:
    """Serve the café at every platform until SIGTERM or SIGINT.

    `ports` are by platform; a free one is taken where none is given. Once all listen, `ready` gets
    the settings of each platform's source block, and the café's own time.
    """
    seeded, stop = cafe(customers, seed), threading.Event()
    with ExitStack() as stack:
        stack.enter_context(stop_on_signals(stop))
        places: dict[str, Any] = {}
        for setup in setups():
            if setup.sandbox:
                sandbox = import_module(f"{setup.sandbox.package}.app")
                port = (ports or {}).get(setup.name, 0)
                server = running_app(sandbox.make_app(seeded, seed), port)
                places[setup.name] = sandbox.settings(stack.enter_context(server))
        ready({**places, "now": seeded.now.isoformat()})
        while not stop.wait(0.2):
            pass


@contextmanager
def running_app(app: Starlette, port: int = 0) -> Iterator[str]:
    """Serve `app` in a thread and yield its address."""
    started = threading.Event()
    with listening_socket(port) as sock:
        server = Server(app, started.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        started.wait(10)
        try:
            yield server_address(sock)
        finally:
            server.should_exit = True
            thread.join(10)


class Server(uvicorn.Server):
    """A uvicorn server that calls `started` once it accepts connections."""

    def __init__(self, app: Starlette, started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_level=LOG_LEVEL,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=2,
            )
        )
        self._notify_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._notify_started()


@contextmanager
def listening_socket(port: int) -> Iterator[socket.socket]:
    """Bind `port` on loopback and yield the socket; UnavailableError if it is taken."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((LOOPBACK, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UnavailableError(
                f"The sandbox cannot listen on port {port} of this machine ({reason})."
                " Stop what listens there, or choose another port, here and in `address:`."
            ) from error
        yield sock


@contextmanager
def stop_on_signals(stop: threading.Event) -> Iterator[None]:
    """Set `stop` on SIGTERM and SIGINT, and restore their handlers afterwards."""

    def on_signal(_sign: int, _frame: FrameType | None) -> None:
        stop.set()

    previous_handlers = {signum: signal.signal(signum, on_signal) for signum in STOP_SIGNALS}
    try:
        yield
    finally:
        for signum, handler in previous_handlers.items():
            signal.signal(signum, handler)


def server_address(sock: socket.socket) -> str:
    return f"http://{LOOPBACK}:{sock.getsockname()[1]}"


STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
LOG_LEVEL = "critical"
