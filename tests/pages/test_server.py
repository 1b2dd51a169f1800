"""`regulars pages`, in a process of its own."""

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
from pages.access import Access, shape
from pages.app import public_pages
from pages.server import Server, listening
from regulars.commands.pages import configuration_notes
from settings.errors import OutOfReach
from tests.cafe import FILE, Cafe
from tests.flows.processes import environment, free_port, regulars
from tests.pages.visitors import Open, Visitor, served, with_sendgrid


@pytest.fixture
def folder(tmp_path: Path, prepared_file: Path) -> Path:
    """A shop's own, with its database: making one takes a process longer than all else."""
    shutil.copy(prepared_file, tmp_path)
    (tmp_path / "config.yaml").write_text(FILE)
    return tmp_path


@contextmanager
def running(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and where it says it is."""
    process = subprocess.Popen(
        [sys.executable, "-m", "regulars", "pages", *options],
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
        [where] = re.findall(r"http://127\.0\.0\.1:\d+", first)
        with httpx.Client(base_url=where, trust_env=False) as client:  # its connection stays open
            assert client.get("/health").text == "ok\n"
            assert client.get("/u/1.secret.token?x=private").status_code == 404
            asked = time.monotonic()
            os.kill(process.pid, sign)
            assert process.wait(10) == 0
        assert time.monotonic() - asked < 5
        assert process.stderr
        said = process.stderr.read()
    assert "GET /u/… 404" in said
    assert "GET /health 200" in said
    for private in ("secret", "private", "127.0.0.1", "Traceback"):
        assert private not in said


def test_a_file_whose_mails_lead_elsewhere_is_told(cafe: Cafe) -> None:
    assert configuration_notes(cafe.shop) == []
    by_mail = "  unsubscribe by: mailbox\n  mailbox: {directory: returned}\n"
    cafe.reread(FILE + by_mail)
    assert "unsubscribe by: mailbox" in configuration_notes(cafe.shop)[0]
    cafe.reread(FILE.replace("  public address: https://mail.cornercafe.example\n", ""))
    assert "no public address" in configuration_notes(cafe.shop)[0]
    with_sendgrid(cafe)
    assert len(configuration_notes(cafe.shop)) == 1


def test_a_port_that_is_taken_is_a_sentence(folder: Path) -> None:
    with listening("127.0.0.1", 0) as door:
        door.listen()
        done = regulars(folder, "pages", "--port", str(door.getsockname()[1]))
    assert done.returncode == 3
    assert "choose another with --port" in done.stderr


def test_an_address_that_is_not_of_this_machine_is_a_sentence() -> None:
    for host in ("192.0.2.1", "no.such.host.example", "é" * 300, ""):
        with pytest.raises(OutOfReach), listening(host, 0):
            pass


def test_who_stands_in_front_says_for_whom_it_asks(folder: Path) -> None:
    """Each address has its own patience; a made-up one at the front of the list does not help."""
    with running(folder, "--port", str(free_port())) as (_, first):
        where = first.split()[-1]

        def press(forwarded: str) -> int:
            header = {"X-Forwarded-For": forwarded}
            return httpx.post(f"{where}/u/guess", headers=header, trust_env=False).status_code

        assert [press(f"10.0.0.{n}, 203.0.113.7") for n in range(21)] == [404] * 20 + [429]
        assert press("203.0.113.8") == 404


def test_a_request_without_end_is_refused(folder: Path) -> None:
    with running(folder, "--port", "0") as (_, first):
        port = int(first.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(b"GET /u/" + b"x" * 100_000)
            assert line.recv(100).startswith(b"HTTP/1.1 400")
        where = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{where}/health", trust_env=False).status_code == 200


def test_a_request_that_does_not_come_is_not_waited_for(
    sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "SLOWEST_HEAD", 0.2)
    app = public_pages(Cafe(sqlite, tmp_path, "").shop)
    with listening("127.0.0.1", 0) as door, served(app, door) as where:
        half = [socket.create_connection(door.getsockname()) for _ in range(210)]
        for one in half:
            one.sendall(b"GET /u/x HTTP/1.1\r\n")
        assert httpx.get(f"{where}/health", trust_env=False).status_code == 503
        for one in half:
            one.settimeout(5)
            assert one.recv(1) == b""
            one.close()
        with httpx.Client(base_url=where, trust_env=False) as client:
            for _ in range(8):  # longer than a look: who asks whole things is left alone
                assert client.get("/health").status_code == 200
                time.sleep(0.1)


def test_a_no_under_way_is_written_before_the_end(sqlite: Engine, tmp_path: Path) -> None:
    cafe = Cafe(sqlite, tmp_path, "")
    cafe.customer("clara")
    opened = Open(cafe)
    link = f"/u/{opened.token('clara')}"
    with listening("127.0.0.1", 0) as door, sqlite.connect() as busy:
        busy.execute(text("UPDATE customers SET id = id"))
        with served(public_pages(cafe.shop), door) as where:
            with pytest.raises(httpx.TimeoutException):
                httpx.post(f"{where}{link}", trust_env=False, timeout=0.5)
            threading.Timer(1, busy.rollback).start()
    assert len(opened.noes()) == 1


def test_a_line_names_nobody() -> None:
    assert shape("POST", "/u/1.abc.def") == "POST /u/…"
    assert shape("POST", "/hooks/sendgrid") == "POST /hooks/sendgrid"
    assert shape("clara@example.com", "/clara@example.com") == "… …"
    assert shape("GET", "/u/a/clara@example.com") == "GET …"


def test_a_fault_of_ours_is_told_by_its_place_and_not_its_words() -> None:
    async def broken(*_: object) -> None:
        raise ValueError("clara@example.com")

    lines: list[str] = []
    with pytest.raises(AssertionError):  # nothing was answered: the transport wants an answer
        Visitor(Access(broken, lines.append))("GET", "/health")
    assert re.fullmatch(r"GET /health 0 \d+ ms ValueError at .*test_server\.py:\d+", lines[0])


def test_uvicorn_is_quiet_and_bounded() -> None:
    config = Server(lambda *_: None, lambda: None).config  # type: ignore[arg-type]  # never called
    assert (config.access_log, config.log_level, config.server_header) == (False, "critical", False)
    assert config.limit_concurrency
