"""The pages on a port, until somebody stops them."""

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

from pages.access import AccessLog, WriteLine
from settings.errors import UnavailableError

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
MAX_HEAD_SECONDS = 10  # seconds for a request line and all headers
TRUSTED_PROXIES = ["127.0.0.1", "::1"]  # only who is on this machine may say for whom it asks


def serve(
    app: ASGIApp, host: str, port: int, *, ready: Callable[[str], None], write_line: WriteLine
) -> None:
    """Serve until SIGTERM or SIGINT; `ready` hears where, once it listens."""
    with listening_socket(host, port) as listener:
        server = Server(AccessLog(app, write_line), lambda: ready(base_url(listener)))
        with exit_on_signals(server):
            server.run(sockets=[listener])


class Server(uvicorn.Server):
    """Uvicorn that says when it is up, and nothing of its own: its log would name addresses."""

    def __init__(self, app: ASGIApp, on_started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=HeadTimeoutProtocol,
                ws="none",
                lifespan="off",
                log_level="critical",
                access_log=False,
                server_header=False,
                proxy_headers=True,
                forwarded_allow_ips=TRUSTED_PROXIES,
                h11_max_incomplete_event_size=16_384,  # the request line and all headers
                limit_concurrency=200,
                timeout_keep_alive=5,
                timeout_graceful_shutdown=2,
            )
        )
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()


class HeadTimeoutProtocol(H11Protocol):
    """Closes a connection on which nothing whole is asked for: uvicorn itself would wait for ever,

    and answer everybody else with 503 once `limit_concurrency` of them are waiting.
    """

    _last_cycle: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self.loop.call_later(MAX_HEAD_SECONDS, self._close_if_idle)

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
def listening_socket(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens there, or a sentence that says why not."""
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
                "Stop what listens there, or choose another with --port."
            ) from error
        yield listener


@contextmanager
def exit_on_signals(server: Server) -> Iterator[None]:
    """A signal is an ordinary end, though uvicorn raises the one that stopped it once more."""

    def stop(_sign: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    previous = {signum: signal.signal(signum, stop) for signum in STOP_SIGNALS}
    try:
        yield
    finally:
        for signum, handler in previous.items():
            signal.signal(signum, handler)


def base_url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
