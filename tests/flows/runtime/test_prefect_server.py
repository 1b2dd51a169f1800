"""Where the server of a shop that is served listens, told to the other commands in a file."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from flows.runtime.child_process import child
from flows.runtime.prefect_entry import is_up_to_date
from flows.runtime.prefect_server import (
    ADDRESS,
    HOME,
    Place,
    Server,
    place_for_prefect,
    served_at,
    shared,
)
from settings.errors import OutOfReach
from shop.db.workers import this_worker


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        said = json.dumps(True).encode()  # as Prefect says it
        self.send_response(200)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002


@pytest.fixture
def address() -> Iterator[str]:
    """A server that is up."""
    server = HTTPServer(("127.0.0.1", 0), Healthy)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    server.server_close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / HOME
    home.mkdir(parents=True)
    return home


def test_others_find_it_as_long_as_it_is_shared(tmp_path: Path, home: Path, address: str) -> None:
    with shared(Place(address, 1, home / "server.log")):
        assert served_at(tmp_path) == address
    assert served_at(tmp_path) is None
    assert not (home / ADDRESS).exists()


def test_where_it_cannot_be_told_the_server_goes_on(
    tmp_path: Path, home: Path, address: str
) -> None:
    (home / ADDRESS).with_suffix(".new").mkdir()  # cannot be written, as on a full disk
    with shared(Place(address, 1, home / "server.log")):
        assert served_at(tmp_path) is None
        (home / ADDRESS).mkdir()  # nor taken away


@pytest.mark.parametrize(
    "written", ["", "me\n", "me\nADDRESS\n", "HERE/x/y\nADDRESS\n", "HERE/1/2\nADDRESS\nADDRESS\n"]
)
def test_what_is_not_of_our_writing_is_nobodys_address(
    tmp_path: Path, home: Path, address: str, written: str
) -> None:
    here, *_ = this_worker().rsplit("/", 2)
    (home / ADDRESS).write_text(written.replace("ADDRESS", address).replace("HERE", here))
    assert served_at(tmp_path) is None


def test_a_child_whose_words_cannot_be_written_down_works_all_the_same(tmp_path: Path) -> None:
    nowhere = tmp_path / "no such folder" / "server.log"
    says = ["-ISc", "import sys; print('here'); print('aside', file=sys.stderr)"]
    with child(says, os.environ, log=nowhere, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.read() == b"here\n"
        assert process.wait(10) == 0


def test_where_prefect_can_keep_nothing_a_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {})
    (tmp_path / HOME.parent).write_text("a file where the folder should be")
    with pytest.raises(OutOfReach, match=r"cannot keep its records in .*: Not a directory\."):
        place_for_prefect(tmp_path).__enter__()


def test_a_server_that_ends_without_a_log_has_said_nothing(tmp_path: Path) -> None:
    with child(["-c", ""], os.environ, log=tmp_path / "x" / "log") as process:
        process.wait(10)
        gone = Server("http://127.0.0.1:9/api", process, tmp_path / "x" / "log")
        with pytest.raises(OutOfReach, match="It said nothing"):
            gone.wait()


def test_prefect_takes_its_steps_wherever_the_last_of_them_was_not_taken(
    tmp_path: Path, prefects_database: Path
) -> None:
    database = tmp_path / "prefect.db"
    assert not is_up_to_date(tmp_path)
    database.write_bytes(b"")
    assert not is_up_to_date(tmp_path)
    shutil.copy(prefects_database, database)
    assert is_up_to_date(tmp_path)
    for stands_at in ("f416ea180ae1", ""):
        with closing(sqlite3.connect(database, isolation_level=None)) as raw:
            raw.execute("UPDATE alembic_version SET version_num = ?", [stands_at])
        assert not is_up_to_date(tmp_path)
