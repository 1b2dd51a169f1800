"""Draws the README's pictures from a run of the demo.

Run it with `.venv/bin/python docs/pictures/draw.py`; port 8801 must be free. It needs the testing
tools, which `make test` installs, and a chromium.
"""

from __future__ import annotations

import email
import email.policy
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from io import StringIO
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CURSOR = re.compile(r"\x1b\[\?25[lh]")
COLUMNS = 104
CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
THEME = TerminalTheme(
    (36, 33, 31), (236, 230, 222),
    [(36, 33, 31), (224, 108, 117), (152, 195, 121), (229, 192, 123),
     (97, 175, 239), (198, 120, 221), (86, 182, 194), (171, 178, 191)],
    [(128, 120, 112), (224, 108, 117), (152, 195, 121), (229, 192, 123),
     (97, 175, 239), (198, 120, 221), (86, 182, 194), (255, 255, 255)],
)  # fmt: skip
TERMINAL = """<!doctype html><meta charset="utf-8"><style>
  body { margin: 0; background: #24211f; display: inline-block; padding: 18px 22px; }
  pre { margin: 0; color: #ece6de; font: 14px/1.5 "DejaVu Sans Mono", Menlo, Consolas, monospace; }
</style><pre><span style="color: #98c379">$</span> make demo
%s</pre>"""
PHONE = """<!doctype html><meta charset="utf-8"><style>
  body { margin: 0; width: 390px; background: #fff; color: #222;
    font: 15px/1.4 -apple-system, Roboto, "Segoe UI", "DejaVu Sans", sans-serif; }
  header { padding: 16px 18px 14px; border-bottom: 1px solid #e4e0da; }
  b { display: block; font-size: 19px; line-height: 1.3; margin-bottom: 6px; }
  i { font-style: normal; color: #777; }
  iframe { display: block; width: 390px; border: 0; }
</style><header><b>%s</b>%s <i>to %s</i></header><iframe srcdoc="%s"></iframe>"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        output = run_demo(Path(folder))
        take_screenshot(
            browser,
            terminal_page(output),
            HERE / "terminal.png",
            width=1000,
            selector="body",
            scale=1,
        )
        take_screenshot(
            browser,
            phone_page(find_cart_reminder(Path(folder))),
            HERE / "mail.png",
            width=390,
            selector="html",
            scale=1.25,
        )


def run_demo(folder: Path) -> str:
    """Run the demo in `folder`; returns its terminal output with colours, without progress bars."""
    environ = os.environ | {
        "FORCE_COLOR": "1",
        "COLUMNS": str(COLUMNS),
        "PYTHONPATH": str(ROOT),
    }
    shutil.copy(ROOT / "config.yaml", folder)
    completed = subprocess.run(
        [sys.executable, "-m", "regulars", "demo"],
        cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        check=True, text=True,
    )  # fmt: skip
    return completed.stdout.replace(f"{folder}/", "")


def terminal_page(output: str) -> str:
    """Return an HTML page that shows the terminal `output`."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    text = Text.from_ansi(CURSOR.sub("", output))
    console.print(Text("\n").join(line for line in text.split("\n")), soft_wrap=True)
    code = console.export_html(theme=THEME, inline_styles=True, code_format="{code}")
    return TERMINAL % code


def find_cart_reminder(folder: Path) -> tuple[EmailMessage, str]:
    """Return the cart reminder with the most products, as mail and as HTML."""
    pages = [
        page
        for page in (folder / "outbox").glob("*.html")
        if "Back to my basket" in _read_page(page)
    ]
    chosen = max(sorted(pages), key=lambda page: _read_page(page).count("×"))
    raw = chosen.with_suffix(".eml").read_bytes()
    mail = email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)
    return mail, _read_page(chosen)


def _read_page(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def phone_page(mail_and_page: tuple[EmailMessage, str]) -> str:
    """Return an HTML page that shows a mail as a phone's mail program does."""
    mail, page = mail_and_page
    sender, reader = mail["From"].addresses[0], mail["To"].addresses[0]
    headers = (str(mail["Subject"]), sender.display_name, reader.display_name or reader.addr_spec)
    return PHONE % (*map(html.escape, headers), html.escape(page))


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


def take_screenshot(
    browser: Browser, page: str, file: Path, *, width: int, selector: str, scale: float
) -> None:
    browser_page = browser.new_page(
        viewport={"width": width, "height": 400}, device_scale_factor=scale
    )
    browser_page.set_content(page)
    # Set the frame's height to that of the mail in it.
    browser_page.evaluate(
        "for (const f of document.querySelectorAll('iframe'))"
        " f.style.height = f.contentDocument.documentElement.scrollHeight + 'px'"
    )
    browser_page.locator(selector).screenshot(path=file)
    browser_page.close()


if __name__ == "__main__":
    main()
