"""Serves the pages on a port with uvicorn until a signal arrives."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from pages.access import AccessLog
from pages.connection_limit import OpenConnection, choose_surplus, max_connections
from pages.request_head import MAX_HEAD_BYTES
from pages.request_queue import UNSUBSCRIBE_PREFIX, RequestQueue
from settings.errors import UnavailableError

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
MAX_HEAD_SECONDS = 10  # seconds for a request line and all headers
TRUSTED_PROXIES = ["127.0.0.1", "::1"]  # X-Forwarded-For is accepted from this machine only


def serve(app: ASGIApp, host: str, port: int, *, ready: Callable[[str], None]) -> None:
    """Serves `app` until SIGTERM or SIGINT; calls `ready` with the base URL once it listens."""
    with listening_socket(host, port) as listener:
        server = Server(AccessLog(app), lambda: ready(base_url(listener)))
        with exit_on_signals(server):
            server.run(sockets=[listener])


class Server(uvicorn.Server):
    """Uvicorn with a callback at startup, and without its access log: that would hold IP addresses.

    Its other records go to the logger "uvicorn", whose handlers and level are left as they are.
    """

    def __init__(self, app: ASGIApp, on_started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                RequestQueue(app),
                http=HeadTimeoutProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=True,
                forwarded_allow_ips=TRUSTED_PROXIES,
                h11_max_incomplete_event_size=MAX_HEAD_BYTES,
                timeout_keep_alive=5,
                timeout_graceful_shutdown=2,
            )
        )
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()


class HeadTimeoutProtocol(H11Protocol):
    """Closes connections that send no complete request within MAX_HEAD_SECONDS, and those of the
    busiest client when too many are open.

    Uvicorn has no such timeout, and its `limit_concurrency` refuses all clients alike.
    """

    _last_cycle: RequestResponseCycle | None = None
    _opened_at = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._opened_at = self.loop.time()
        self._close_surplus()
        self.loop.call_later(MAX_HEAD_SECONDS, self._close_if_idle)

    def _close_surplus(self) -> None:
        if len(self.connections) <= max_connections():
            return
        protocols = sorted(
            (other for other in self.connections if isinstance(other, HeadTimeoutProtocol)),
            key=lambda protocol: protocol._opened_at,  # of this class
        )
        surplus = choose_surplus([protocol.describe() for protocol in protocols])
        protocols[surplus].transport.abort()

    def describe(self) -> OpenConnection:
        """Returns the client, behind a proxy that of the latest request, and what it does."""
        client = self.scope["client"] if self.scope else self.client
        is_open = self.cycle is not None and not self.cycle.response_complete
        unsubscribes = is_open and self.scope["path"].startswith(UNSUBSCRIBE_PREFIX)
        return OpenConnection(client[0] if client else None, unsubscribes)

    def _close_if_idle(self) -> None:
        if self.transport.is_closing():
            return
        answered = self.cycle is None or self.cycle.response_complete
        if answered and self.cycle is self._last_cycle:
            self.transport.close()
            return
        self._last_cycle = self.cycle
        self.loop.call_later(MAX_HEAD_SECONDS, self._close_if_idle)


@contextmanager
def listening_socket(host: str, port: int, *, option: str = "--port") -> Iterator[socket.socket]:
    """Context manager: a socket that listens on `host` and `port` (0 for any free port).

    `option` is the one that names another port, for the error's sentence.

    Raises:
        UnavailableError: If the address does not exist here or the port is taken.
    """
    try:
        family, kind, _, _, socket_address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
        listener = socket.socket(family, kind)
    except (OSError, UnicodeError) as error:
        raise UnavailableError(f"There is no address {host} on this machine.") from error
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(socket_address)
        except OSError as error:
            reason = error.strerror or error
            raise UnavailableError(
                f"The pages cannot listen on port {port} of {host} ({reason}). "
                f"Stop what listens there, or choose another with {option}."
            ) from error
        yield listener


@contextmanager
def exit_on_signals(server: Server) -> Iterator[None]:
    """Context manager: SIGTERM and SIGINT stop `server` gracefully.

    Uvicorn would raise the signal again after it has stopped.
    """

    def stop(_sign: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    previous = {signum: signal.signal(signum, stop) for signum in STOP_SIGNALS}
    try:
        yield
    finally:
        for signum, handler in previous.items():
            signal.signal(signum, handler)


def base_url(listener: socket.socket) -> str:
    """Returns the http:// URL of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
