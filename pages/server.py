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

from pages.access import Access, Say
from settings.errors import OutOfReach

STOPS = (signal.SIGINT, signal.SIGTERM)
SLOWEST_HEAD = 10  # seconds for a request line and all headers
PROXIES = ["127.0.0.1", "::1"]  # only who is on this machine may say for whom it asks


def serve(app: ASGIApp, host: str, port: int, *, ready: Callable[[str], None], say: Say) -> None:
    """Serve until SIGTERM or SIGINT; `ready` hears where, once it listens."""
    with listening(host, port) as door:
        server = Server(Access(app, say), lambda: ready(address(door)))
        with stopping_on_signals(server):
            server.run(sockets=[door])


class Server(uvicorn.Server):
    """Uvicorn that says when it is up, and nothing of its own: its log would name addresses."""

    def __init__(self, app: ASGIApp, started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Impatient,
                ws="none",
                lifespan="off",
                log_level="critical",
                access_log=False,
                server_header=False,
                proxy_headers=True,
                forwarded_allow_ips=PROXIES,
                h11_max_incomplete_event_size=16_384,  # the request line and all headers
                limit_concurrency=200,
                timeout_keep_alive=5,
                timeout_graceful_shutdown=2,
            )
        )
        self._say_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._say_started()


class Impatient(H11Protocol):
    """Closes a connection on which nothing whole is asked for: uvicorn itself would wait for ever,

    and answer everybody else with 503 once `limit_concurrency` of them are waiting.
    """

    _seen: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self.loop.call_later(SLOWEST_HEAD, self._look)

    def _look(self) -> None:
        if self.transport.is_closing():
            return
        answered = self.cycle is None or self.cycle.response_complete
        if answered and self.cycle is self._seen:
            self.transport.close()
            return
        self._seen = self.cycle
        self.loop.call_later(SLOWEST_HEAD, self._look)


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens there, or a sentence that says why not."""
    try:
        family, kind, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        door = socket.socket(family, kind)
    except (OSError, UnicodeError) as problem:
        raise OutOfReach(f"There is no address {host} on this machine.") from problem
    with door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(where)
        except OSError as problem:
            reason = problem.strerror or problem
            raise OutOfReach(
                f"The pages cannot listen on port {port} of {host} ({reason}). "
                "Stop what listens there, or choose another with --port."
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


def address(door: socket.socket) -> str:
    host, port = door.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
