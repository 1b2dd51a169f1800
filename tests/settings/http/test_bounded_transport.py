"""Responses of platforms and providers are bounded in compression and time."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from connectors import http as connector_http
from connectors.http import RefusedError, Reply, open_http, send
from connectors.retry import RetryableError
from engine.doctor import http as doctor_http
from engine.doctor.http import HttpClient, UnreachableError
from settings.http.bounded_transport import BoundedTransport
from settings.http.environment_proxy import environment_proxy

MEGABYTE = 1024**2


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that reads a request and lets `answer` write on the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                try:
                    answer(connection)
                except OSError:
                    return  # the client has gone

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(5)
        assert not thread.is_alive()


def responding(body: bytes, encoding: str) -> Callable[[socket.socket], None]:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nContent-Encoding: {encoding}\r\n\r\n"
    return lambda connection: connection.sendall(head.encode() + body)


def trickling(connection: socket.socket) -> None:
    """A byte every 50 ms: no timeout of a single read is ever met."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(200):
        connection.sendall(b"X")
        time.sleep(0.05)


def read(address: str) -> Reply:
    async def request() -> Reply:
        async with open_http(address) as http:
            return await send(http, "GET", "/")

    return asyncio.run(request())


def test_one_layer_of_gzip_is_read() -> None:
    with server(responding(gzip.compress(b'{"a": 1}'), "gzip")) as address:
        assert read(address).body == b'{"a": 1}'
    with server(responding(gzip.compress(b"fine"), "GZIP")) as address:
        assert HttpClient().get(address).text == "fine"


def test_no_more_is_decompressed_than_the_limit_allows() -> None:
    """The same from a megabyte of 1 GB: every 64 kB would become 64 MB at once."""
    bomb = gzip.compress(bytes(200 * MEGABYTE), 9)
    tracemalloc.start()
    with (
        server(responding(bomb, "gzip")) as address,
        pytest.raises(RefusedError, match="more than 32 MB"),
    ):
        read(address)
    assert tracemalloc.get_traced_memory()[1] < 80 * MEGABYTE
    tracemalloc.stop()


@pytest.mark.parametrize("encoding", ["gzip, gzip", "deflate", "br", "gzip,identity"])
def test_no_other_compression_is_taken(encoding: str) -> None:
    twice = gzip.compress(gzip.compress(b"{}"))
    with (
        server(responding(twice, encoding)) as address,
        pytest.raises(RefusedError, match="not asked for"),
    ):
        read(address)
    with server(responding(twice, encoding)) as address, pytest.raises(UnreachableError):
        HttpClient().get(address)


def test_a_broken_compression_is_a_sentence() -> None:
    with server(responding(b"no gzip", "gzip")) as address, pytest.raises(RefusedError):
        read(address)


def test_a_server_that_sends_a_byte_now_and_then_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connector_http, "MAX_SECONDS", 0.3)
    monkeypatch.setattr(doctor_http, "MAX_SECONDS", 0.3)
    started = time.monotonic()
    with server(trickling) as address, pytest.raises(RetryableError, match="not complete"):
        read(address)
    with server(trickling) as address, pytest.raises(UnreachableError):
        HttpClient().get(address)
    assert time.monotonic() - started < 3


def test_a_request_in_time_leaves_the_connection_open() -> None:
    def twice(connection: socket.socket) -> None:
        for _ in range(2):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            connection.recv(65_536)

    transport = BoundedTransport(httpx.HTTPTransport(), 0.2)
    with server(twice) as address, httpx.Client(transport=transport) as client:
        assert client.get(address).text == "ok"
        time.sleep(0.3)  # longer than the limit of one request
        assert client.get(address).text == "ok"


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert environment_proxy("https://api.example.com/v3") is None
    monkeypatch.setenv("https_proxy", "proxy.example:3128")
    monkeypatch.setenv("no_proxy", "localhost")
    assert environment_proxy("https://api.example.com/v3") == "http://proxy.example:3128"
    assert environment_proxy("https://localhost:8801") is None
    assert environment_proxy("http://api.example.com") is None
