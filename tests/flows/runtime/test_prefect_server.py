"""The server's published address, its start, and its migrations."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from flows.runtime.child_process import child_process
from flows.runtime.prefect_entry import is_migrated
from flows.runtime.prefect_server import (
    ADDRESS_FILE,
    CLIENT_TOKEN_SETTING,
    HOME,
    RunningServer,
    Server,
    ServerConfig,
    configure_prefect,
    find_running_server,
    publish_address,
)
from settings.errors import UnavailableError
from shop.db.workers import current_worker

TOKEN = "regulars:hush-hush-9"


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps(True).encode()  # as Prefect's response
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002


@pytest.fixture
def address() -> Iterator[str]:
    """The address of a server that answers health checks."""
    server = HTTPServer(("127.0.0.1", 0), Healthy)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    server.server_close()


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of this process, which configure_prefect changes."""
    environ: dict[str, str] = {}
    monkeypatch.setattr(os, "environ", environ)
    return environ


def test_a_server_that_the_owner_names_keeps_its_credentials_and_never_gets_ours(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    theirs = {"PREFECT_API_URL": "https://prefect.example/api", CLIENT_TOKEN_SETTING: "theirs"}
    environ.update(theirs)
    with configure_prefect(tmp_path) as server_config:
        assert not server_config.token
        assert server_config.listener is None
        assert environ.items() >= theirs.items()
        assert "PREFECT_SERVER_API_AUTH_STRING" not in environ
    assert environ.items() >= theirs.items()


def test_our_own_server_gets_a_new_token_each_time_and_not_the_owners(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    environ[CLIENT_TOKEN_SETTING] = "theirs"
    tokens = set()
    for _ in range(2):
        with configure_prefect(tmp_path) as server_config:
            assert environ[CLIENT_TOKEN_SETTING] == server_config.token
            assert server_config.token not in repr(server_config)
            tokens.add(server_config.token)
        assert environ[CLIENT_TOKEN_SETTING] == "theirs"
        assert "PREFECT_API_URL" not in environ
    assert len(tokens - {"theirs"}) == 2
    assert stat.S_IMODE((tmp_path / HOME).stat().st_mode) == 0o700


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / HOME
    home.mkdir(parents=True)
    return home


def server_config(address: str, home: Path) -> ServerConfig:
    return ServerConfig(address, token=TOKEN, log_file=home / "server.log")


def test_other_commands_find_the_server_while_its_address_is_published(
    tmp_path: Path, home: Path, address: str
) -> None:
    with publish_address(server_config(address, home)):
        assert find_running_server(tmp_path) == RunningServer(address, TOKEN)
        assert stat.S_IMODE((home / ADDRESS_FILE).stat().st_mode) == 0o600
    assert find_running_server(tmp_path) is None
    assert not (home / ADDRESS_FILE).exists()


def test_the_server_runs_on_when_its_address_cannot_be_written(
    tmp_path: Path, home: Path, address: str
) -> None:
    (home / ADDRESS_FILE).with_suffix(".new").mkdir()  # cannot be written, as on a full disk
    with publish_address(server_config(address, home)):
        assert find_running_server(tmp_path) is None
        (home / ADDRESS_FILE).mkdir()  # cannot be removed either


@pytest.mark.parametrize(
    "written",
    ["", "me\n", "me\nADDRESS\nt\n", "HERE/x/y\nADDRESS\nt\n", "HERE/1/2\nADDRESS\nt\nt\n"],
)
def test_an_address_file_that_is_not_ours_is_ignored(
    tmp_path: Path, home: Path, address: str, written: str
) -> None:
    machine, *_ = current_worker().rsplit("/", 2)
    (home / ADDRESS_FILE).write_text(written.replace("ADDRESS", address).replace("HERE", machine))
    assert find_running_server(tmp_path) is None


def test_a_child_whose_log_cannot_be_opened_runs_anyway(tmp_path: Path) -> None:
    log = tmp_path / "no such folder" / "server.log"
    arguments = ["-ISc", "import sys; print('here'); print('aside', file=sys.stderr)"]
    with child_process(arguments, os.environ, log=log, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.read() == b"here\n"
        assert process.wait(10) == 0


def test_an_unwritable_prefect_home_is_reported(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / HOME.parent).write_text("a file where the folder should be")
    with pytest.raises(UnavailableError, match=r"cannot keep its records in .*: Not a directory\."):
        configure_prefect(tmp_path).__enter__()


def test_a_server_that_exits_without_a_log_is_reported(tmp_path: Path) -> None:
    with child_process(["-c", ""], os.environ, log=tmp_path / "x" / "log") as process:
        process.wait(10)
        server = Server("http://127.0.0.1:9/api", process, tmp_path / "x" / "log")
        with pytest.raises(UnavailableError, match="It said nothing"):
            server.wait_until_healthy()


def test_prefect_migrates_unless_its_database_is_at_the_newest_revision(
    tmp_path: Path, prefect_database: Path
) -> None:
    database = tmp_path / "prefect.db"
    assert not is_migrated(tmp_path)
    database.write_bytes(b"")
    assert not is_migrated(tmp_path)
    shutil.copy(prefect_database, database)
    assert is_migrated(tmp_path)
    for revision in ("f416ea180ae1", ""):
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", [revision])
        assert not is_migrated(tmp_path)
