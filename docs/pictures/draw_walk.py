"""Draws the pictures of docs/getting-started.md from a run of its commands.

Run it with `.venv/bin/python docs/pictures/draw_walk.py`. It needs the testing tools, which
`make test` installs, and a chromium.
"""

from __future__ import annotations

import email
import email.policy
import os
import pty
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from playwright.sync_api import Browser  # noqa: E402  # the checkout comes first

from docs.pictures.draw import chromium, phone_page, take_screenshot, terminal_page  # noqa: E402
from flows.runtime.prefect_server import PREFECT_SETTINGS  # noqa: E402
from tests.docs.pages import read_page  # noqa: E402
from tests.flows.processes import environment, preloaded_process, sandbox_servers, start_prefect  # noqa: E402
from tests.flows.test_first_week import PAGE, STEP_PATTERN, Walk  # noqa: E402
from tests.mail.senders.smtp_server import mail_server  # noqa: E402

COLUMNS = 88
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
ANSWERS = (
    "Corner Café", "Portugal", "Rua das Flores 12, 1200-192 Lisboa",
    "Ana <ana@cornercafe.example>", "shopify, square, csv", "corner-cafe",
)  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sandbox_servers(customers=80) as servers:
        interview = run_interview(Path(folder), servers)
        live, mail = run_walk(Path(folder), servers)
        with chromium() as browser:
            take_screenshot(
                browser,
                phone_page(mail),
                HERE / "birthday.png",
                width=390,
                selector="html",
                scale=1.25,
            )
            draw_terminal(browser, "regulars init", interview, "init")
            draw_terminal(browser, "regulars run", live, "live")


def draw_terminal(browser: Browser, command: str, output: str, name: str) -> None:
    page = terminal_page(output).replace("make demo", command)
    take_screenshot(browser, page, HERE / f"{name}.png", width=900, selector="body", scale=1)


def run_interview(folder: Path, servers: Mapping[str, Any]) -> str:
    """Answer the first questions of `init` at a terminal; returns what it showed."""
    controller, terminal_fd = pty.openpty()
    keys = {"SHOPIFY_CLIENT_ID": "demo-client", "SHOPIFY_CLIENT_SECRET": "demo-secret"}
    keys["SQUARE_ACCESS_TOKEN"] = servers["square"]["access token"]
    address_options = [
        f"--{platform}-address={servers[platform]['address']}" for platform in ("shopify", "square")
    ]
    process = subprocess.Popen(  # noqa: S603  # this program itself
        [sys.executable, "-m", "regulars", "init", *address_options], cwd=folder,
        env={**environment(), **keys, "COLUMNS": str(COLUMNS), "PYTHONPATH": str(HERE.parents[1])},
        stdin=terminal_fd, stdout=terminal_fd, stderr=terminal_fd, start_new_session=True,
    )  # fmt: skip
    os.close(terminal_fd)
    answers, output = list(ANSWERS), b""
    with suppress(OSError):
        while part := os.read(controller, 4096):
            output += part
            if not output.rstrip().endswith(b">"):
                continue
            if not answers:
                process.kill()
                break
            os.write(controller, f"{answers.pop(0)}\n".encode())
    process.wait()
    os.close(controller)
    text = output.decode().replace("\r", "").rstrip()
    return text[: text.rindex("\n")].strip("\n")


def run_walk(folder: Path, servers: Mapping[str, Any]) -> tuple[str, tuple[EmailMessage, str]]:
    """Return the output of the first live run, and the mail it sent to João."""
    os.environ.update(PREFECT_SETTINGS)
    home = folder / "prefect"
    home.mkdir()
    with (
        mail_server() as smtp,
        start_prefect(home) as running,
        preloaded_process(running) as prefect,
    ):
        walk = RecordedWalk(folder, f"127.0.0.1:{smtp.port}", servers, prefect)
        for step in STEP_PATTERN.finditer(read_page(PAGE)):
            walk.perform(step)
            if step["console"] and "This shop sends for real" in step["console"]:
                break
        [raw] = [
            received
            for received in smtp.received.mails
            if received.rcpt_tos == ["joao@example.com"]
        ]
    mail = email.message_from_bytes(
        bytes(raw.original_content or b""), _class=EmailMessage, policy=email.policy.default
    )
    pages = [part.get_content() for part in mail.walk() if part.get_content_subtype() == "html"]
    return walk.output, (mail, pages[0])


class RecordedWalk(Walk):
    """A walk that keeps the output of the last block of commands, with colours."""

    output = ""

    def perform(self, step: re.Match[str]) -> None:
        self.output = ""
        super().perform(step)

    def _run_command(self, command: str, expected: str) -> None:
        # Progress bars leave empty lines.
        lines = [line for line in self.run(command).splitlines() if CONTROL.sub("", line).strip()]
        mark = f"\n\x1b[32m$\x1b[0m {command}\n" if self.output else ""
        self.output += mark + "\n".join(lines) + "\n"

    def _environment(self, command: str) -> dict[str, str]:
        return {**super()._environment(command), "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)}


if __name__ == "__main__":
    main()
