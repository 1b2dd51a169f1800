"""`regulars init` in a process of its own, against both sandbox servers."""

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
from regulars.init.dry_run_table import command_for
from shop.db.engine import open_database, read_transaction
from shop.tables import Customer
from tests.connectors.corner_cafe import LISBON
from tests.flows.processes import environment, sandbox_servers
from tests.regulars.init.scripted_owner import check_config

INIT = [sys.executable, "-m", "regulars", "init"]
IDENTITY_OPTIONS = [
    "--name",
    'Café: "Ana\'s" #1',
    "--country",
    "Portugal",
    "--postal-address",
    "Rua 1: Lisboa",
]
IDENTITY_OPTIONS += ["--e-mail", "Ana <ana@cornercafe.example>"]


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[dict[str, Any]]:
    with sandbox_servers(customers=30) as servers:
        yield servers


def init(
    folder: Path, *arguments: str, keys: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    environ = {name: setting for name, setting in environment().items() if "SQUARE" not in name}
    return subprocess.run(
        [*INIT, *arguments], cwd=folder, env={**environ, **(keys or {})}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_script_creates_a_complete_shop_and_prints_its_first_day(
    tmp_path: Path, sandboxes: dict[str, Any]
) -> None:
    shopify, square = sandboxes["shopify"], sandboxes["square"]
    keys = {
        "SHOPIFY_CLIENT_ID": shopify["client id"],
        "SHOPIFY_CLIENT_SECRET": shopify["client secret"],
        "SQUARE_ACCESS_TOKEN": square["access token"],
    }
    completed = init(
        tmp_path, *IDENTITY_OPTIONS, "--shopify", "corner-cafe", "--square", "--at",
        sandboxes["now"], "--shopify-address", shopify["address"], "--square-address",
        square["address"],
        "--others-mail", "birthdays", keys=keys,
    )  # fmt: skip
    assert completed.returncode == 0, completed.stderr
    owner_config = check_config(tmp_path)
    assert (owner_config.shop.name, owner_config.shop.timezone) == ('Café: "Ana\'s" #1', LISBON.key)
    assert list(owner_config.sources) == ["online-shop", "till"]
    assert "birthday" not in owner_config.rules
    customers = select(func.count()).select_from(Customer)
    with read_transaction(open_database(owner_config.database, base_folder=tmp_path)) as connection:
        customer_count = connection.scalar(customers)
    for expected in (
        f"Reach: {customer_count} known",
        "The next 24 hours",
        "points-earned",
        "regulars check",
    ):
        assert expected in completed.stdout
    assert not (tmp_path / "outbox").exists()
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
    assert not any(secret in completed.stdout + completed.stderr for secret in keys.values())


def test_the_next_steps_name_the_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    completed = CliRunner().invoke(app, ["--config", "my shop.yaml", "init", *IDENTITY_OPTIONS])
    assert "says what in my shop.yaml must be mended" in completed.stdout
    commands = [
        shlex.split(command_text)
        for command_text in re.findall(r"(?m)^  regulars (.*?)  ", completed.stdout)
    ]
    assert [words[-1] for words in commands] == ["check", "preview", "run"]
    assert [CliRunner().invoke(app, words).exit_code for words in commands[:2]] == [0, 0]
    second = CliRunner().invoke(app, [*commands[0][:-1], "init", *IDENTITY_OPTIONS])
    assert "Look at it with: regulars --config" in str(second.exception)
    monkeypatch.chdir(tmp_path.parent)
    assert command_for(tmp_path / "config.yaml") == f"regulars --config {tmp_path}/config.yaml"
    assert command_for(tmp_path.parent / "config.yaml") == "regulars"


def test_a_missing_answer_is_named_without_a_terminal(tmp_path: Path) -> None:
    completed = init(tmp_path, *IDENTITY_OPTIONS[2:])
    assert (completed.returncode, completed.stdout, list(tmp_path.iterdir())) == (2, "", [])
    assert completed.stderr == "What is your shop called? Say it with --name.\n"


def _heed_ctrl_c() -> None:
    """A shell starts what runs in the background with SIGINT ignored, and children inherit it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    owner, terminal = pty.openpty()
    process = subprocess.Popen(
        [*INIT, *IDENTITY_OPTIONS[2:]], cwd=tmp_path, env=environment(), stdin=terminal,
        stdout=terminal, stderr=terminal, start_new_session=True,
        preexec_fn=_heed_ctrl_c,  # noqa: PLW1509 - no other thread runs here
    )  # fmt: skip
    os.close(terminal)
    output, poller, timeout, signals = b"", poll(), 500, 0
    poller.register(owner, POLLIN)
    with suppress(OSError):  # raised when the other side of a terminal is closed
        for _ in range(10_000):
            # Read to the end: the program blocks until its last output is read.
            if poller.poll(timeout):
                output += os.read(owner, 4096)
            elif b">" in output:
                # Repeated, in case the signal came before its handler was installed; but not
                # while it ends, which would kill it.
                process.send_signal(signal.SIGINT)
                timeout = 5_000
                signals += 1
                if signals > 6:
                    process.kill()  # it does not end: the exit status says so
    assert process.wait(30) == 130
    os.close(owner)
    assert "1 of 9" in output.decode()
    assert list(tmp_path.iterdir()) == []
