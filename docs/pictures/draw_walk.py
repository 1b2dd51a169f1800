"""Draws the pictures of docs/getting-started.md, from a real walk of that page.

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

from docs.pictures.draw import chromium, draw, phone, terminal  # noqa: E402
from flows.runtime.prefect_server import PREFECT_SETTINGS  # noqa: E402
from tests.docs.pages import said  # noqa: E402
from tests.flows.processes import environment, preloaded_process, sandbox_servers, start_prefect  # noqa: E402
from tests.flows.test_first_week import PAGE, STEP_PATTERN, Walk  # noqa: E402
from tests.mail.senders.smtp_server import mail_server  # noqa: E402

COLUMNS = 88
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
ASKED = (
    "Corner Café", "Portugal", "Rua das Flores 12, 1200-192 Lisboa",
    "Ana <ana@cornercafe.example>", "shopify, square, csv", "corner-cafe",
)  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sandbox_servers(customers=80) as found:
        shown = init(Path(folder), found)
        live, mail = walked(Path(folder), found)
        with chromium() as browser:
            draw(browser, phone(mail), HERE / "birthday.png", width=390, what="html", scale=1.25)
            show(browser, "regulars init", shown, "init")
            show(browser, "regulars run", live, "live")


def show(browser: Browser, command: str, answer: str, name: str) -> None:
    page = terminal(answer).replace("make demo", command)
    draw(browser, page, HERE / f"{name}.png", width=900, what="body", scale=1)


def init(folder: Path, found: Mapping[str, Any]) -> str:
    """The first of the questions, as somebody at a terminal answers them."""
    owner, line = pty.openpty()
    keys = {"SHOPIFY_CLIENT_ID": "demo-client", "SHOPIFY_CLIENT_SECRET": "demo-secret"}
    keys["SQUARE_ACCESS_TOKEN"] = found["square"]["access token"]
    places = [f"--{one}-address={found[one]['address']}" for one in ("shopify", "square")]
    asked = subprocess.Popen(  # noqa: S603  # this program itself
        [sys.executable, "-m", "regulars", "init", *places], cwd=folder,
        env={**environment(), **keys, "COLUMNS": str(COLUMNS), "PYTHONPATH": str(HERE.parents[1])},
        stdin=line, stdout=line, stderr=line, start_new_session=True,
    )  # fmt: skip
    os.close(line)
    answers, shown = list(ASKED), b""
    with suppress(OSError):
        while part := os.read(owner, 4096):
            shown += part
            if not shown.rstrip().endswith(b">"):
                continue
            if not answers:
                asked.kill()
                break
            os.write(owner, f"{answers.pop(0)}\n".encode())
    asked.wait()
    os.close(owner)
    text = shown.decode().replace("\r", "").rstrip()
    return text[: text.rindex("\n")].strip("\n")


def walked(folder: Path, found: Mapping[str, Any]) -> tuple[str, tuple[EmailMessage, str]]:
    """The first run that really sent, and the mail it sent to João."""
    os.environ.update(PREFECT_SETTINGS)
    home = folder / "prefect"
    home.mkdir()
    with (
        mail_server() as post,
        start_prefect(home) as running,
        preloaded_process(running) as prefect,
    ):
        walk = Shown(folder, f"127.0.0.1:{post.port}", found, prefect)
        for step in STEP_PATTERN.finditer(said(PAGE)):
            walk.perform(step)
            if step["console"] and "This shop sends for real" in step["console"]:
                break
        [raw] = [one for one in post.received.mails if one.rcpt_tos == ["joao@example.com"]]
    mail = email.message_from_bytes(
        bytes(raw.original_content or b""), _class=EmailMessage, policy=email.policy.default
    )
    pages = [part.get_content() for part in mail.walk() if part.get_content_subtype() == "html"]
    return walk.told, (mail, pages[0])


class Shown(Walk):
    """What the last block of commands said, with its colours."""

    told = ""

    def perform(self, step: re.Match[str]) -> None:
        self.told = ""
        super().perform(step)

    def _run_command(self, command: str, expected: str) -> None:
        # Where bars grew there are empty lines now.
        lines = [line for line in self.run(command).splitlines() if CONTROL.sub("", line).strip()]
        mark = f"\n\x1b[32m$\x1b[0m {command}\n" if self.told else ""
        self.told += mark + "\n".join(lines) + "\n"

    def _environment(self, command: str) -> dict[str, str]:
        return {**super()._environment(command), "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)}


if __name__ == "__main__":
    main()
