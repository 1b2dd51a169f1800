"""Many and slow requests of one client hold up nobody else, and unsubscribing never waits."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from pages import server
from pages.app import create_app
from pages.connection_limit import OpenConnection, choose_surplus, max_connections
from pages.rate_limit import client_key
from pages.request_queue import RequestQueue, needs_no_turn
from pages.server import listening_socket
from tests.cafe import FILE, MARCH, Cafe
from tests.pages.visitors import OpenPages, served, with_sendgrid

STRANGER = "127.0.0.2"  # another address of this machine; no proxy is believed there
SIGN_UP = f"{FILE}\nsign up: {{}}\n"


@contextmanager
def served_cafe(sqlite: Engine, folder: Path, rules: str = "") -> Iterator[tuple[OpenPages, str]]:
    """The café's pages on a port, with SendGrid's webhook; Clara and ten others have links."""
    cafe = Cafe(sqlite, folder, rules)
    cafe.leave_carts(MARCH, *[f"guest{number}" for number in range(10)], "clara")
    pages = with_sendgrid(cafe)
    with (
        listening_socket("127.0.0.1", 0) as listener,
        served(create_app(cafe.shop), listener) as url,
    ):
        yield pages, url


def connect(url: str, source: str = "127.0.0.1") -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30, source_address=(source, 0))


def statuses(url: str, request: str, count: int) -> Counter[str]:
    """Sends `count` requests at once, each over a connection of its own; counts the statuses."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(connect(url)) for _ in range(count)]
        for connection in sockets:
            connection.sendall(f"{request} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return Counter(connection.recv(12).decode()[9:] for connection in sockets)


@contextmanager
def slow_requests(
    url: str, count: int, source: str = "127.0.0.1", headers: str = ""
) -> Iterator[None]:
    """Requests to the webhook whose bodies do not end.

    The last ones one after the other: a server that counts connections is full then.
    """
    lines = f"POST /hooks/sendgrid HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n{headers}\r\n["
    head = lines.encode()
    with ExitStack() as stack:
        for number in range(count):
            stack.enter_context(connect(url, source)).sendall(head)
            time.sleep(0.01 if number > 150 else 0)
        time.sleep(0.2)  # all of them have been read
        yield


def test_slow_requests_of_one_client_do_not_stop_unsubscribing(
    sqlite: Engine, tmp_path: Path
) -> None:
    with served_cafe(sqlite, tmp_path) as (pages, url), slow_requests(url, 220):
        for number in range(10):
            link = f"{url}/u/{pages.token(f'guest{number}')}"
            assert httpx.post(link, trust_env=False).status_code == 200
        assert httpx.get(f"{url}/health", trust_env=False).status_code == 200
        assert len(pages.opt_outs()) == 10


@pytest.mark.parametrize(
    "stranger",
    [{"source": STRANGER}, {"headers": "X-Forwarded-For: 127.0.0.1, 203.0.113.9\r\n"}],
    ids=["directly", "through a proxy"],
)
def test_slow_requests_of_one_client_do_not_stop_the_webhook_for_others(
    sqlite: Engine, tmp_path: Path, stranger: dict[str, str]
) -> None:
    with served_cafe(sqlite, tmp_path) as (_, url), slow_requests(url, 60, **stranger):
        started = time.monotonic()
        assert httpx.post(f"{url}/hooks/sendgrid", trust_env=False).status_code == 401
        assert time.monotonic() - started < 5


@pytest.mark.parametrize("count", [200, 400])
def test_a_burst_is_answered_completely(sqlite: Engine, tmp_path: Path, count: int) -> None:
    with served_cafe(sqlite, tmp_path, SIGN_UP) as (pages, url):
        assert statuses(url, f"POST /u/{pages.token('clara')}", count) == {"200": count}
        assert statuses(url, "GET /join", count) == {"200": count}


def test_the_busiest_client_loses_a_connection_when_too_many_are_open(
    sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "max_connections", lambda: 20)
    with served_cafe(sqlite, tmp_path) as (pages, url), ExitStack() as stack:
        idle = [stack.enter_context(connect(url, STRANGER)) for _ in range(30)]
        for number in range(10):
            link = f"{url}/u/{pages.token(f'guest{number}')}"
            assert httpx.post(link, trust_env=False).status_code == 200
        idle[0].settimeout(5)
        assert idle[0].recv(1) == b""


def test_what_is_closed_is_the_oldest_of_the_busiest_client() -> None:
    few, many = OpenConnection("192.0.2.1", False), OpenConnection("2001:db8:0:1::5", False)
    same_site = OpenConnection("2001:db8:0:2::9", False)
    assert choose_surplus([few, many, same_site, few, many]) == 1
    leaving = OpenConnection("2001:db8:0:1::5", True)
    assert choose_surplus([leaving, leaving, few]) == 2
    assert choose_surplus([leaving, leaving]) == 0
    assert max_connections() >= 200


def test_a_client_is_its_network() -> None:
    assert client_key("192.0.2.1") == client_key("::ffff:192.0.2.1") == "192.0.2.1"
    assert client_key("2001:db8::1") == client_key("2001:db8::ffff:2")
    assert client_key("2001:db8::1") != client_key("2001:db8:0:1::1")
    assert client_key("2001:db8::1", 56) == client_key("2001:db8:0:ff::1", 56)
    assert client_key("2001:db8::1", 56) != client_key("2001:db8:0:100::1", 56)
    assert client_key("nowhere") == client_key(None)


POST = {"type": "http", "method": "POST", "path": "/join"}


def request_queue(app: Callable[..., Awaitable[None]], **limits: int) -> Callable[..., Any]:
    return RequestQueue(app, **limits)


def test_clients_take_turns_and_nobody_has_more_than_their_share() -> None:
    """Of two clients with 20 and 2 requests, the second is not behind all of the first."""
    order: list[str] = []
    open_now: Counter[str] = Counter()

    async def app(scope: dict[str, Any], *_: object) -> None:
        host = scope["client"][0]
        open_now[host] += 1
        assert open_now[host] <= 3
        assert open_now.total() <= 4
        await asyncio.sleep(0.001)
        open_now[host] -= 1
        order.append(host)

    async def all_at_once() -> None:
        queue = request_queue(app, max_open=4, max_per_client=3)
        hosts = ["192.0.2.1"] * 20 + ["192.0.2.2"] * 2
        scopes = [POST | {"client": (host, 1)} for host in hosts]
        await asyncio.gather(*(queue(scope, None, None) for scope in scopes))

    asyncio.run(all_at_once())
    assert len(order) == 22
    assert order[:9].count("192.0.2.2") == 2


def test_a_request_that_is_given_up_while_waiting_holds_no_place() -> None:
    async def app(*_: object) -> None:
        await asyncio.sleep(0.01)

    async def give_up() -> None:
        queue = request_queue(app, max_open=1, max_per_client=1)
        scope = POST | {"client": ("192.0.2.1", 1)}
        tasks = [asyncio.create_task(queue(scope, None, None)) for _ in range(3)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.wait_for(queue(scope, None, None), 1)

    asyncio.run(give_up())


def test_only_requests_with_a_body_that_is_read_take_turns() -> None:
    assert needs_no_turn("POST", "/u/token")
    assert needs_no_turn("GET", "/join")
    assert not needs_no_turn("POST", "/join")
    assert not needs_no_turn("POST", "/hooks/sendgrid")
