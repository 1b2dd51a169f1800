"""`regulars pages` as a process."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, text

from pages import server
from pages.access import AccessLog, redacted_request
from pages.app import create_app
from pages.server import Server, listening_socket
from regulars.serve.pages import configuration_notes
from settings.errors import UnavailableError
from tests.cafe import FILE, Cafe
from tests.flows.processes import environment, free_port, regulars
from tests.pages.visitors import OpenPages, Visitor, access_lines, served, with_sendgrid


@pytest.fixture
def folder(tmp_path: Path, prepared_sqlite: Path) -> Path:
    """A shop's folder with a prepared database, since creating one takes long."""
    shutil.copy(prepared_sqlite, tmp_path)
    (tmp_path / "config.yaml").write_text(FILE)
    return tmp_path


@contextmanager
def running(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Starts the process; yields it and the first line it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "regulars", "pages", "--owner-port", "0", *options],
        cwd=folder, env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_the_first_line_says_where_and_a_signal_ends_it(folder: Path, sign: signal.Signals) -> None:
    with running(folder, "--port", "0") as (process, first):
        [url] = re.findall(r"http://127\.0\.0\.1:\d+", first)
        with httpx.Client(base_url=url, trust_env=False) as client:  # the connection stays open
            assert client.get("/health").text == "ok\n"
            assert client.get("/u/1.secret.token?x=private").status_code == 404
            started = time.monotonic()
            os.kill(process.pid, sign)
            assert process.wait(10) == 0
        assert time.monotonic() - started < 5
        assert process.stderr
        log = process.stderr.read()
    assert "GET /u/… 404" in log
    assert "GET /health 200" in log
    for private in ("secret", "private", "127.0.0.1", "Traceback"):
        assert private not in log


def test_a_config_whose_links_lead_elsewhere_is_reported(cafe: Cafe) -> None:
    assert configuration_notes(cafe.shop) == []
    by_mail = "  unsubscribe by: mailbox\n  mailbox: {directory: returned}\n"
    cafe.reread(FILE + by_mail)
    assert "unsubscribe by: mailbox" in configuration_notes(cafe.shop)[0]
    cafe.reread(FILE.replace("  public address: https://mail.cornercafe.example\n", ""))
    assert "no public address" in configuration_notes(cafe.shop)[0]
    with_sendgrid(cafe)
    assert len(configuration_notes(cafe.shop)) == 1


def test_a_port_that_is_taken_is_a_sentence(folder: Path) -> None:
    with listening_socket("127.0.0.1", 0) as listener:
        listener.listen()
        done = regulars(folder, "pages", "--port", str(listener.getsockname()[1]))
    assert done.returncode == 3
    assert "choose another with --port" in done.stderr


def test_an_address_that_is_not_of_this_machine_is_a_sentence() -> None:
    for host in ("192.0.2.1", "no.such.host.example", "é" * 300, ""):
        with pytest.raises(UnavailableError), listening_socket(host, 0):
            pass


def test_a_proxy_names_the_client_it_forwards_for(folder: Path) -> None:
    """Each client has its own limit, and a forged first entry of X-Forwarded-For is ignored."""
    with (
        running(folder, "--port", str(free_port())) as (_, first),
        httpx.Client(base_url=first.split()[-1], trust_env=False) as proxy,
    ):

        def press(forwarded: str) -> int:
            return proxy.post("/u/guess", headers={"X-Forwarded-For": forwarded}).status_code

        assert [press(f"10.0.0.{n}, 203.0.113.7") for n in range(21)] == [404] * 20 + [429]
        assert press("203.0.113.8") == 404


def test_a_request_line_above_the_limit_is_refused(folder: Path) -> None:
    with running(folder, "--port", "0") as (_, first):
        port = int(first.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(b"GET /u/" + b"x" * 100_000)
            assert line.recv(100).startswith(b"HTTP/1.1 400")
        url = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{url}/health", trust_env=False).status_code == 200


def test_incomplete_requests_are_disconnected(
    sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_HEAD_SECONDS", 1.0)
    app = create_app(Cafe(sqlite, tmp_path, "").shop)
    with listening_socket("127.0.0.1", 0) as listener, served(app, listener) as url:
        half_open = [socket.create_connection(listener.getsockname()) for _ in range(210)]
        for connection in half_open:
            connection.sendall(b"GET /u/x HTTP/1.1\r\n")
        assert httpx.get(f"{url}/health", trust_env=False).status_code == 200
        for connection in half_open:
            connection.settimeout(5)
            assert connection.recv(1) == b""
            connection.close()
        with httpx.Client(base_url=url, trust_env=False) as client:
            for _ in range(15):  # longer than MAX_HEAD_SECONDS: active clients stay connected
                assert client.get("/health").status_code == 200
                time.sleep(0.1)


def test_a_no_under_way_is_written_before_the_end(sqlite: Engine, tmp_path: Path) -> None:
    cafe = Cafe(sqlite, tmp_path, "")
    cafe.customer("clara")
    open_pages = OpenPages(cafe)
    link = f"/u/{open_pages.token('clara')}"
    with listening_socket("127.0.0.1", 0) as listener, sqlite.connect() as busy:
        busy.execute(text("UPDATE customers SET id = id"))
        with served(create_app(cafe.shop), listener) as url:
            with pytest.raises(httpx.TimeoutException):
                httpx.post(f"{url}{link}", trust_env=False, timeout=0.5)
            threading.Timer(1, busy.rollback).start()
    assert len(open_pages.opt_outs()) == 1


def test_an_access_line_holds_no_personal_data() -> None:
    assert redacted_request("POST", "/u/1.abc.def") == "POST /u/…"
    assert redacted_request("POST", "/hooks/sendgrid") == "POST /hooks/sendgrid"
    assert redacted_request("clara@example.com", "/clara@example.com") == "… …"
    assert redacted_request("GET", "/u/a/clara@example.com") == "GET …"


def test_an_internal_error_is_logged_by_location_without_its_message() -> None:
    async def broken(*_: object) -> None:
        raise ValueError("clara@example.com")

    with (
        access_lines() as lines,
        pytest.raises(AssertionError),
    ):  # no response: httpx's transport asserts that there is one
        Visitor(AccessLog(broken))("GET", "/health")
    assert re.fullmatch(r"GET /health 0 \d+ ms ValueError at .*test_server\.py:\d+", lines[0])


def test_uvicorn_is_quiet_and_bounded() -> None:
    config = Server(lambda *_: None, lambda: None).config  # type: ignore[arg-type]  # never called
    assert (config.access_log, config.log_config, config.server_header) == (False, None, False)
    assert config.limit_concurrency is None  # it would refuse everybody alike
