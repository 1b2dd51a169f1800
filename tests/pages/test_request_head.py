"""Requests with large or contradictory heads, as bytes on a connection."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from pages.app import create_app
from pages.server import listening_socket
from tests.cafe import Cafe
from tests.pages.visitors import served

SMUGGLED = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def pages_address(sqlite: Engine, tmp_path: Path) -> Iterator[tuple[str, int]]:
    app = create_app(Cafe(sqlite, tmp_path, "").shop)
    with listening_socket("127.0.0.1", 0) as listener, served(app, listener):
        yield listener.getsockname()


def answer_to(address: tuple[str, int], request: bytes) -> bytes:
    """Send `request`; returns all that comes until the server closes the connection."""
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"GET /" + b"x" * 17_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"414"),
        (b"GET /?" + b"x" * 17_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"414"),
        (b"GET /health HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 17_000 + b"\r\n\r\n", b"431"),
        (b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"X: x\r\n" * 3_000 + b"\r\n", b"431"),
    ],
    ids=["path", "query", "a header", "many headers"],
)
def test_a_head_above_the_limit_is_refused_even_if_it_is_complete(
    pages_address: tuple[str, int], request_head: bytes, status: bytes
) -> None:
    answer = answer_to(pages_address, request_head)
    assert answer.startswith(b"HTTP/1.1 " + status), answer[:100]


def test_a_request_with_two_lengths_is_refused_and_hides_no_second_one(
    pages_address: tuple[str, int],
) -> None:
    head = b"POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\nTransfer-Encoding: chunked"
    answer = answer_to(pages_address, head + b"\r\n\r\n0\r\n\r\n" + SMUGGLED)
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") == 1


def test_a_head_below_the_limit_is_served(pages_address: tuple[str, int]) -> None:
    head = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: " + b"x" * 15_000
    assert answer_to(pages_address, head + b"\r\n\r\n").startswith(b"HTTP/1.1 200")
