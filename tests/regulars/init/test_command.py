"""`regulars init` as its owner meets it: in a process of its own, against both look-alikes."""

from __future__ import annotations

import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from select import POLLIN, poll
from typing import Any

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from regulars.cli import app
from regulars.commands.init.dry_run_table import called_for
from shop.db.engine import open_database, reading
from shop.tables import Customer
from tests.connectors.corner_cafe import LISBON
from tests.flows.processes import environment, look_alikes
from tests.regulars.init.scripted_owner import checked

INIT = [sys.executable, "-m", "regulars", "init"]
WHO = ["--name", 'Café: "Ana\'s" #1', "--country", "Portugal", "--postal-address", "Rua 1: Lisboa"]
WHO += ["--e-mail", "Ana <ana@cornercafe.example>"]


@pytest.fixture(scope="module")
def found() -> Iterator[dict[str, Any]]:
    with look_alikes(customers=30) as both:
        yield both


def init(
    folder: Path, *arguments: str, keys: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in environment().items() if "SQUARE" not in name}
    return subprocess.run(
        [*INIT, *arguments], cwd=folder, env={**plain, **(keys or {})}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_script_makes_a_whole_shop_and_ends_with_its_first_day(
    tmp_path: Path, found: dict[str, Any]
) -> None:
    shopify, square = found["shopify"], found["square"]
    keys = {
        "SHOPIFY_CLIENT_ID": shopify["client id"],
        "SHOPIFY_CLIENT_SECRET": shopify["client secret"],
        "SQUARE_ACCESS_TOKEN": square["access token"],
    }
    done = init(
        tmp_path, *WHO, "--shopify", "corner-cafe", "--square", "--at", found["now"],
        "--shopify-address", shopify["address"], "--square-address", square["address"],
        "--others-mail", "birthdays", keys=keys,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    file = checked(tmp_path)
    assert (file.shop.name, file.shop.timezone) == ('Café: "Ana\'s" #1', LISBON.key)
    assert list(file.sources) == ["online-shop", "till"]
    assert "birthday" not in file.rules
    customers = select(func.count()).select_from(Customer)
    with reading(open_database(file.database, beside=tmp_path)) as connection:
        known = connection.scalar(customers)
    for told in (f"Reach: {known} known", "The next 24 hours", "points-earned", "regulars check"):
        assert told in done.stdout
    assert not (tmp_path / "outbox").exists()
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
    assert not any(secret in done.stdout + done.stderr for secret in keys.values())


def test_the_last_words_call_the_file_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["--config", "my shop.yaml", "init", *WHO])
    assert "says what in my shop.yaml must be mended" in done.stdout
    said = [shlex.split(one) for one in re.findall(r"(?m)^  regulars (.*?)  ", done.stdout)]
    assert [words[-1] for words in said] == ["check", "preview", "run"]
    assert [CliRunner().invoke(app, words).exit_code for words in said[:2]] == [0, 0]
    again = CliRunner().invoke(app, [*said[0][:-1], "init", *WHO])
    assert "Look at it with: regulars --config" in str(again.exception)
    monkeypatch.chdir(tmp_path.parent)
    assert called_for(tmp_path / "config.yaml") == f"regulars --config {tmp_path}/config.yaml"
    assert called_for(tmp_path.parent / "config.yaml") == "regulars"


def test_what_is_missing_is_named_where_nobody_can_be_asked(tmp_path: Path) -> None:
    done = init(tmp_path, *WHO[2:])
    assert (done.returncode, done.stdout, list(tmp_path.iterdir())) == (2, "", [])
    assert done.stderr == "What is your shop called? Say it with --name.\n"


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    owner, terminal = pty.openpty()
    asked = subprocess.Popen(
        [*INIT, *WHO[2:]], cwd=tmp_path, env=environment(), stdin=terminal, stdout=terminal,
        stderr=terminal, start_new_session=True,
    )  # fmt: skip
    os.close(terminal)
    shown, listening, patience = b"", poll(), 500
    listening.register(owner, POLLIN)
    with suppress(OSError):  # which is how a terminal ends whose other side is gone
        while True:
            # Read on to the end: a program that leaves waits until its last word is heard.
            if listening.poll(patience):
                shown += os.read(owner, 4096)
            elif b">" in shown:
                # Again, where it came just before the program began to listen; but not to one
                # that is about to end, which it would kill.
                asked.send_signal(signal.SIGINT)
                patience = 5_000
    assert asked.wait(30) == 130
    os.close(owner)
    assert "1 of 8" in shown.decode()
    assert list(tmp_path.iterdir()) == []
