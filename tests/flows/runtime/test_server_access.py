"""Attacks on Prefect's server by another user of the machine and by a web page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
import websockets.sync.client
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from flows.runtime.prefect_server import Server, prefect_server
from tests.flows.processes import Prefect, environment
from tests.flows.strangers import run_as_stranger
from tests.pages.public.test_unsubscribe_in_browser import needs_chromium, phone

REQUEST = """
import json, sys, urllib.error, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
for method, url, body in json.loads(sys.argv[1]):
    request = urllib.request.Request(url, body.encode() or None, method=method)
    request.add_header("Content-Type", "application/json")
    try:
        print(opener.open(request, timeout=30).status)
    except urllib.error.HTTPError as error:
        print(error.code)
"""
LISTEN = """
import socket, sys
for option in (None, socket.SO_REUSEADDR, socket.SO_REUSEPORT):
    thief = socket.socket()
    if option:
        thief.setsockopt(socket.SOL_SOCKET, option, 1)
    try:
        thief.bind(("127.0.0.1", int(sys.argv[1])))
        thief.listen()
        print("listens")
    except OSError as error:
        print(error.strerror)
    thief.close()
"""
READ = """
import sys
for path in sys.argv[1:]:
    try:
        print(open(path, "rb").read())
    except OSError as error:
        print(error.strerror)
"""
SOCKETS = (
    "events/in", "events/out", "logs/out", "task_runs/subscriptions/scheduled",
    "work_pools/pool/workers/connect",
)  # fmt: skip
PAGE = """<script>
async function attempt(action) {
  try { return await action(); } catch (error) { return "refused"; }
}
async function attack(api) {
  const body = JSON.stringify({name: "from-a-web-page"});
  const open = (path) => new Promise((resolve) => {
    const socket = new WebSocket(api.replace("http", "ws") + path, ["prefect"]);
    socket.onopen = () => resolve("open");
    socket.onerror = () => resolve("refused");
  });
  return [
    await attempt(async () => (await fetch(api + "/health")).status),
    await attempt(async () => (await fetch(api + "/flow_runs/count", {method: "POST"})).status),
    await attempt(async () => (await fetch(api + "/flows/", {method: "POST", body,
      headers: {"Content-Type": "application/json"}})).status),
    await attempt(async () => (await fetch(api + "/flows/", {method: "POST", body,
      mode: "no-cors"})).type),
    await open("/events/in"),
    await open("/logs/out"),
  ];
}
</script>"""


def count_flows(prefect: Prefect) -> int:
    return prefect.count("flows/count", {})


def test_another_user_can_neither_read_nor_write_the_api(prefect: Prefect) -> None:
    flows, root = count_flows(prefect), prefect.address.removesuffix("/api")
    requests = {
        ("POST", "/api/flow_runs/filter", "{}"): "401",
        ("POST", "/api/flows/", '{"name": "planted"}'): "401",
        ("GET", "/api/admin/settings", ""): "401",
        ("GET", "/api/version", ""): "401",
        ("GET", "/api/health", ""): "200",
        **{
            ("GET", path, ""): "404"
            for path in ("/", "/ui-settings", "/docs", "/redoc", "/openapi.json", "/api/docs")
        },
    }
    sent = json.dumps([(method, root + path, body) for method, path, body in requests])
    completed = run_as_stranger(REQUEST, sent)
    assert completed.stdout.split() == list(requests.values()), completed.stderr
    assert count_flows(prefect) == flows


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize("protocols", [None, ["prefect"]], ids=["any client", "as Prefect's"])
def test_no_websocket_opens_without_the_token(
    prefect: Prefect, path: str, protocols: list[Any] | None
) -> None:
    url = f"{prefect.address.replace('http', 'ws')}/{path}"
    with pytest.raises(ConnectionClosed if protocols else InvalidHandshake):
        open_socket(url, protocols, token="a guess")
    if protocols:
        open_socket(url, protocols, prefect.token)


def open_socket(url: str, protocols: list[Any] | None, token: str) -> None:
    """Open a websocket as Prefect's client does; raises if it is refused."""
    with websockets.sync.client.connect(url, subprotocols=protocols, proxy=None) as connection:
        connection.send(json.dumps({"type": "auth", "token": token}))
        assert json.loads(connection.recv(timeout=10)) == {"type": "auth_success"}


@contextmanager
def web_page(folder: Path) -> Iterator[str]:
    """Yields the address of a web page on another host."""
    (folder / "index.html").write_text(PAGE)
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.2", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.2:{server.server_port}/"
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002


@needs_chromium
def test_a_web_page_can_neither_read_nor_write_the_api(prefect: Prefect, tmp_path: Path) -> None:
    flows = count_flows(prefect)
    with web_page(tmp_path) as url, phone() as page:
        page.goto(url)
        answers = page.evaluate("api => attack(api)", prefect.address)
    # A browser sends a request without CORS, but it shows the page no answer.
    assert answers == ["refused", "refused", "refused", "opaque", "refused", "refused"]
    assert count_flows(prefect) == flows


def test_a_name_that_points_here_is_no_way_in(prefect: Prefect) -> None:
    """DNS rebinding: to the browser, the page and the API then have the same origin."""
    address = urlsplit(prefect.address)
    for host in (f"evil.example:{address.port}", "127.0.0.1", f"localhost:{address.port}"):
        response = httpx.get(f"{prefect.address}/health", headers={"Host": host}, trust_env=False)
        assert response.status_code == httpx.codes.MISDIRECTED_REQUEST


def listens(server: Server) -> list[str]:
    completed = run_as_stranger(LISTEN, str(urlsplit(server.address).port))
    assert completed.stdout, completed.stderr
    return completed.stdout.splitlines()


def test_nobody_else_gets_the_port_during_the_start_nor_after_a_death(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in environment().keys() ^ {*environment(), "PREFECT_API_URL"}:
        monkeypatch.delenv(name, raising=False)
    with prefect_server(tmp_path) as server:
        assert server.process
        assert listens(server) == ["Address already in use"] * 3, "during the start"
        server.process.kill()
        server.process.wait()
        assert listens(server) == ["Address already in use"] * 3, "after its death"
    assert "listens" in listens(server), "the port is free again"


def test_the_token_is_in_no_place_that_another_user_can_read(
    prefect: Prefect, tmp_path: Path
) -> None:
    [process] = [
        process
        for process in psutil.Process().children()
        if "flows.runtime.prefect_entry" in process.cmdline()
    ]
    assert process.environ()["PREFECT_SERVER_API_AUTH_STRING"] == prefect.token
    assert prefect.token not in " ".join(process.cmdline())
    completed = run_as_stranger(READ, f"/proc/{process.pid}/environ")
    assert completed.stdout == "Permission denied\n"
    for path in prefect.home.rglob("*"):
        assert not path.is_file() or prefect.token.encode() not in path.read_bytes(), path
