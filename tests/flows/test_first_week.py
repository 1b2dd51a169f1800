"""The first hour and the first week of a shop, as docs/getting-started.md walks them.

The page is the script: its files are written, its changes made, its commands typed at a shell, in
its order, against both look-alikes and a mail server that really takes mail. What it shows of an
answer must be in that answer.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import typer

from regulars.cli import app
from tests.docs.pages import read_page
from tests.flows import command_client
from tests.flows.processes import Prefect, environment, sandbox_servers
from tests.mail.senders.smtp_server import mail_server

PAGE = "docs/getting-started.md"
STEP_PATTERN = re.compile(
    r"^<!-- at (?P<at>\S+) -->$"
    r"|^`(?P<name>[\w.-]+)`\n\n```csv\n(?P<file>.*?)^```$"
    r"|^```diff\n(?P<change>.*?)^```$"
    r"|^```console\n(?P<console>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
COMMAND_PATTERN = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
SHELL = """
regulars() { "$PYTHON" -ISs "$ASKING" "$DOOR" "$@" $AT; }
%s
ended=$?; pwd >&3; exit $ended
"""
MAIL_SERVER_ON_PAGE = (
    "smtp.cornercafe.example:587"  # replaced by the address of the test's mail server
)


def test_the_first_hour_is_as_the_page_says(tmp_path: Path, prefect: Prefect) -> None:
    """Up to the first run: `make soak` walks the whole page."""
    with mail_server() as mail_server_process, sandbox_servers(customers=80) as servers:
        walk = Walk(tmp_path, f"127.0.0.1:{mail_server_process.port}", servers, prefect)
        for step in takewhile(is_of_first_day, STEP_PATTERN.finditer(read_page(PAGE))):
            walk.perform(step)
    assert walk.command_count > 5
    assert not mail_server_process.received.mails, "nothing leaves before its owner goes live"


def is_of_first_day(step: re.Match[str]) -> bool:
    return not step["at"] or step["at"].startswith("2026-03-03")


@pytest.mark.soak
def test_the_first_hour_and_the_first_week_are_as_the_page_says(
    tmp_path: Path, prefect: Prefect
) -> None:
    with mail_server() as mail_server_process, sandbox_servers(customers=80) as servers:
        walk = Walk(tmp_path, f"127.0.0.1:{mail_server_process.port}", servers, prefect)
        for step in STEP_PATTERN.finditer(read_page(PAGE)):
            walk.perform(step)
    assert walk.command_count > 20
    # Both recipients get the mail once, then its correction.
    assert sorted(mail.rcpt_tos for mail in mail_server_process.received.mails) == [
        ["ana@cornercafe.example"], ["ana@cornercafe.example"],
        ["joao@example.com"], ["joao@example.com"],
    ]  # fmt: skip
    assert len(set(mail_server_process.received.ids)) == 4


@dataclass
class Walk:
    """A shell in the shop's folder, and the time passed to commands."""

    folder: Path
    mail_server: str
    sandboxes: Mapping[str, Any]
    prefect: Prefect
    time: str = ""
    command_count: int = 0
    working_folder: Path = field(init=False)

    def __post_init__(self) -> None:
        self.working_folder = self.folder / "corner-cafe"
        self.working_folder.mkdir()

    def perform(self, step: re.Match[str]) -> None:
        if step["at"]:
            self.time = step["at"]
        elif step["file"]:
            (self.working_folder / step["name"]).write_text(step["file"], encoding="utf-8")
        elif step["change"]:
            self._apply_change(step["change"])
        else:
            for command, expected in COMMAND_PATTERN.findall(step["console"]):
                self._run_command(command, expected)

    def _apply_change(self, change: str) -> None:
        """Replace the lines with a minus by those with a plus; trailing comments stay."""
        path = self.working_folder / "config.yaml"
        text = path.read_text(encoding="utf-8")
        removed, added = (
            "\n".join(line[1:] for line in change.splitlines() if line.startswith(sign))
            for sign in "-+"
        )
        assert text.count(f"\n{removed}") == 1, removed
        if added:
            path.write_text(text.replace(f"\n{removed}", f"\n{added}"), encoding="utf-8")
        else:
            path.write_text(re.sub(rf"\n{re.escape(removed)}.*", "", text), encoding="utf-8")

    def _run_command(self, command: str, expected: str) -> None:
        output = self.run(command)
        assert appears_in(expected, output), f"$ {command}\n{output}\nshows nothing of:\n{expected}"

    def run(self, command: str) -> str:
        """Returns the output of `command` without progress bars."""
        self.command_count += 1
        read, write = os.pipe()
        completed = subprocess.run(
            ["bash", "-c", SHELL.replace(">&3", f">&{write}") % self._with_test_addresses(command)],
            cwd=self.working_folder, env=self._environment(command), pass_fds=[write], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=180, check=False,
        )  # fmt: skip
        os.close(write)
        with os.fdopen(read) as folder_pipe:
            self.working_folder = Path(folder_pipe.read().strip())
        assert completed.returncode == 0, f"$ {command}\n{completed.stdout}"
        return "".join(line for line in completed.stdout.splitlines(True) if "━" not in line)

    def _with_test_addresses(self, command: str) -> str:
        """Returns the page's `command` with the addresses of the test's servers."""
        adapted = command.replace(MAIL_SERVER_ON_PAGE, self.mail_server)
        if command.startswith("regulars init"):
            for name in ("shopify", "square"):
                adapted += f" --{name}-address {self.sandboxes[name]['address']}"
        return adapted

    def _environment(self, command: str) -> dict[str, str]:
        shopify, square = self.sandboxes["shopify"], self.sandboxes["square"]
        return {
            **environment(),
            **self.prefect.settings(),
            "PYTHON": sys.executable,
            "ASKING": command_client.__file__,
            "DOOR": str(self.prefect.socket_path),
            "PYTHONUNBUFFERED": "1",  # keeps standard output and error in order
            "AT": f"--at {self.time}" if accepts_at_option(command) else "",
            "COLUMNS": "100",
            "SHOPIFY_CLIENT_ID": shopify["client id"],
            "SHOPIFY_CLIENT_SECRET": shopify["client secret"],
            "SQUARE_ACCESS_TOKEN": square["access token"],
        }


def accepts_at_option(command: str) -> bool:
    """Returns whether the command has the option `--at`; its name may be two words."""
    names = command.split()[1:3]
    click_command: Any = typer.main.get_command(app)
    for name in names:
        click_command = getattr(click_command, "commands", {}).get(name, click_command)
    return any(parameter.name == "at" for parameter in click_command.params)


def appears_in(expected: str, output: str) -> bool:
    """Returns whether `output` holds the words of `expected` in order; … matches anything."""
    parts = [re.escape(" ".join(part.split())) for part in expected.split("…")]
    return re.search(".*".join(parts), " ".join(output.split())) is not None
