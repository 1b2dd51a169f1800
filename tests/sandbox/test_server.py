"""The café on real ports: addresses, responses, stopping, occupied ports."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.shopify import requests
from sandbox.server import listening_socket, serve, stop_on_signals
from settings.errors import UnavailableError
from tests.sandbox.graphql_client import GRAPHQL_PATH, TOKEN_PATH

PROGRAM = """
import json
from sandbox.server import serve
serve(customers=40, seed=7, ready=lambda told: print(json.dumps(told), flush=True))
print("stopped")
"""


@contextmanager
def served() -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout
        yield child, json.loads(child.stdout.readline())
    finally:
        child.kill()
        child.communicate()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_answers_there_and_stops_cleanly(stop: signal.Signals) -> None:
    with served() as (child, details):
        shopify = details["shopify"]
        assert details["now"] == "2026-03-03T10:00:00+00:00"
        assert shopify["store"] == "corner-cafe.myshopify.com"
        assert shopify["address"].startswith("http://127.0.0.1:")
        with httpx.Client(base_url=shopify["address"]) as client:
            signed_in = client.post(
                TOKEN_PATH,
                data={
                    "grant_type": "client_credentials",
                    "client_id": shopify["client id"],
                    "client_secret": shopify["client secret"],
                },
            ).json()
            answer = client.post(
                GRAPHQL_PATH,
                json={"query": requests.CUSTOMERS, "variables": {"first": 250}},
                headers={"X-Shopify-Access-Token": signed_in["access_token"]},
            ).json()
            assert len(answer["data"]["customers"]["nodes"]) == 40
            square = details["square"]
            token = {"Authorization": f"Bearer {square['access token']}"}
            version = {"Square-Version": "2025-08-20"}
            body = client.get(f"{square['address']}/v2/locations", headers=token | version).json()
            assert [location["name"] for location in body["locations"]] == ["Corner Café"]
            # An open connection must not prevent the stop.
            child.send_signal(stop)
            out, err = child.communicate(timeout=10)
        assert (child.returncode, out, err) == (0, "stopped\n", "")


def test_a_taken_port_is_refused_in_a_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UnavailableError, match=f"cannot listen on port {port}.*another port"):
            serve(
                customers=1,
                seed=7,
                ports={"shopify": port},
                ready=lambda _: pytest.fail("it is taken"),
            )


def test_a_taken_port_of_the_till_is_refused_too() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UnavailableError, match=f"cannot listen on port {port}"):
            serve(customers=1, seed=7, ports={"square": port}, ready=lambda _: pytest.fail("taken"))


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_port_that_cannot_be_is_refused_in_a_sentence(port: int) -> None:
    with pytest.raises(UnavailableError, match="cannot listen"), listening_socket(port):
        pass


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_not_lost_before_the_server_is_up(sign: signal.Signals) -> None:
    handler = signal.getsignal(sign)
    stop = threading.Event()
    with stop_on_signals(stop):
        signal.raise_signal(sign)
    assert stop.is_set()
    assert signal.getsignal(sign) is handler


def test_only_this_machine_can_reach_it() -> None:
    with listening_socket(0) as sock:
        assert sock.getsockname()[0] == "127.0.0.1"
