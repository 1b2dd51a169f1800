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
from pathlib import Path
from typing import Any

import typer

from regulars.cli import app
from tests.docs.pages import said
from tests.flows import command_client
from tests.flows.processes import Prefect, environment, look_alikes
from tests.mail.senders.smtp_server import mail_server

PAGE = "docs/getting-started.md"
STEP = re.compile(
    r"^<!-- at (?P<at>\S+) -->$"
    r"|^`(?P<name>[\w.-]+)`\n\n```csv\n(?P<file>.*?)^```$"
    r"|^```diff\n(?P<change>.*?)^```$"
    r"|^```console\n(?P<console>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
TYPED = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
SHELL = """
regulars() { "$PYTHON" -ISs "$ASKING" "$DOOR" "$@" $AT; }
%s
ended=$?; pwd >&3; exit $ended
"""
ELSEWHERE = "smtp.cornercafe.example:587"  # stands for the mail server of the test


def test_the_first_hour_and_the_first_week_are_as_the_page_says(
    tmp_path: Path, prefect: Prefect
) -> None:
    with mail_server() as post, look_alikes(customers=80) as found:
        walk = Walk(tmp_path, f"127.0.0.1:{post.port}", found, prefect)
        for step in STEP.finditer(said(PAGE)):
            walk.take(step)
    assert walk.typed > 20
    # Each of the two once, and then once more to say that it was a mistake.
    assert sorted(mail.rcpt_tos for mail in post.box.mails) == [
        ["ana@cornercafe.example"], ["ana@cornercafe.example"],
        ["joao@example.com"], ["joao@example.com"],
    ]  # fmt: skip
    assert len(set(post.box.ids)) == 4


@dataclass
class Walk:
    """A shell, and the clock of the café."""

    folder: Path
    mail_server: str
    look_alikes: Mapping[str, Any]
    prefect: Prefect
    at: str = ""
    typed: int = 0
    place: Path = field(init=False)

    def __post_init__(self) -> None:
        self.place = self.folder / "corner-cafe"
        self.place.mkdir()

    def take(self, step: re.Match[str]) -> None:
        if step["at"]:
            self.at = step["at"]
        elif step["file"]:
            (self.place / step["name"]).write_text(step["file"], encoding="utf-8")
        elif step["change"]:
            self._change(step["change"])
        else:
            for command, shown in TYPED.findall(step["console"]):
                self._type(command, shown)

    def _change(self, change: str) -> None:
        """The lines that begin with a minus become those with a plus; notes behind them stay."""
        path = self.place / "config.yaml"
        text = path.read_text(encoding="utf-8")
        old, new = (
            "\n".join(line[1:] for line in change.splitlines() if line.startswith(sign))
            for sign in "-+"
        )
        assert text.count(f"\n{old}") == 1, old
        if new:
            path.write_text(text.replace(f"\n{old}", f"\n{new}"), encoding="utf-8")
        else:
            path.write_text(re.sub(rf"\n{re.escape(old)}.*", "", text), encoding="utf-8")

    def _type(self, command: str, shown: str) -> None:
        answer = self.ask(command)
        assert is_in(shown, answer), f"$ {command}\n{answer}\nshows nothing of:\n{shown}"

    def ask(self, command: str) -> str:
        """What it answers, without the bars that grow beside."""
        self.typed += 1
        read, write = os.pipe()
        done = subprocess.run(
            ["bash", "-c", SHELL.replace(">&3", f">&{write}") % self._here(command)],
            cwd=self.place, env=self._environment(command), pass_fds=[write], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=180, check=False,
        )  # fmt: skip
        os.close(write)
        with os.fdopen(read) as where:
            self.place = Path(where.read().strip())
        assert done.returncode == 0, f"$ {command}\n{done.stdout}"
        return "".join(line for line in done.stdout.splitlines(True) if "━" not in line)

    def _here(self, command: str) -> str:
        """The page's own words, with the places of the test."""
        here = command.replace(ELSEWHERE, self.mail_server)
        if command.startswith("regulars init"):
            for name in ("shopify", "square"):
                here += f" --{name}-address {self.look_alikes[name]['address']}"
        return here

    def _environment(self, command: str) -> dict[str, str]:
        shopify, square = self.look_alikes["shopify"], self.look_alikes["square"]
        return {
            **environment(),
            **self.prefect.named(),
            "PYTHON": sys.executable,
            "ASKING": command_client.__file__,
            "DOOR": str(self.prefect.door),
            "PYTHONUNBUFFERED": "1",  # so that what is told aside stands where it was told
            "AT": f"--at {self.at}" if takes_a_time(command) else "",
            "COLUMNS": "100",
            "SHOPIFY_CLIENT_ID": shopify["client id"],
            "SHOPIFY_CLIENT_SECRET": shopify["client secret"],
            "SQUARE_ACCESS_TOKEN": square["access token"],
        }


def takes_a_time(command: str) -> bool:
    """Whether the command knows `--at`; its name may be two words."""
    words = command.split()[1:3]
    found: Any = typer.main.get_command(app)
    for word in words:
        found = getattr(found, "commands", {}).get(word, found)
    return any(parameter.name == "at" for parameter in found.params)


def is_in(shown: str, answer: str) -> bool:
    """Word for word and in this order; an … stands for anything."""
    parts = [re.escape(" ".join(part.split())) for part in shown.split("…")]
    return re.search(".*".join(parts), " ".join(answer.split())) is not None
