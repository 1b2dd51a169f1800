"""Test helper: one chromium for all tests of the owner's pages, and axe-core in it.

Playwright's own event loop would forbid `asyncio.run` in the thread of the tests, so it has a
thread of its own.
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest

from tests.mail.render.test_screenshots import CHROMIUM, playwright

AXE = "axe-core@4.14.1"
PHONE, DESKTOP = 320, 1280  # px
Result = TypeVar("Result")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="a page in a browser needs Chromium: apt-get install chromium"
)
# Each violation with the first element that has it.
FIND_VIOLATIONS = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .map(({id, nodes: [first]}) => `${id}: ${first.html} ${first.failureSummary}`)"""


@dataclass(frozen=True)
class View:
    """How a page is looked at."""

    width: int = DESKTOP
    scheme: str = "light"
    scripts: bool = True

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}{'' if self.scripts else '-without-scripts'}"


VIEWS = [View(width, scheme) for width in (PHONE, DESKTOP) for scheme in ("light", "dark")]


@dataclass
class VisitedPage:
    """A page in the browser; `page` is Playwright's."""

    page: Any
    complaints: list[str]  # of the console, such as violations of the CSP
    elsewhere: list[str]  # requests to other hosts, which were refused

    def violations(self) -> list[str]:
        """Returns what axe-core finds. The CSP of the page does not hold for what tests add."""
        self.page.evaluate(f"() => {{ {axe_script()} }}")
        violations: list[str] = self.page.evaluate(FIND_VIOLATIONS)
        return violations

    def is_too_wide(self) -> bool:
        """Whether the page scrolls sideways."""
        return bool(
            self.page.evaluate(
                "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            )
        )


class Chromium:
    """A running browser."""

    def __init__(self, thread: ThreadPoolExecutor, browser: Any) -> None:
        self._thread, self._browser = thread, browser

    def visit(
        self,
        url: str,
        cookies: list[dict[str, Any]],
        action: Callable[[VisitedPage], Result],
        view: View = View(),
    ) -> Result:
        """Opens `url` with `cookies` and returns what `action` does with the page.

        Fails if the page asks another host, or the browser complains.
        """
        return self._thread.submit(self._visit, url, cookies, action, view).result(60)

    def _visit(
        self,
        url: str,
        cookies: list[dict[str, Any]],
        action: Callable[[VisitedPage], Result],
        view: View,
    ) -> Result:
        context = self._browser.new_context(
            viewport={"width": view.width, "height": 800},
            color_scheme=view.scheme,
            java_script_enabled=view.scripts,
        )
        try:
            context.add_cookies(cookies)
            visited = VisitedPage(context.new_page(), [], [])
            visited.page.on("console", lambda message: _note(visited, message))
            visited.page.on("pageerror", lambda error: visited.complaints.append(str(error)))
            context.route("**/*", lambda route: _only_here(visited, route))
            visited.page.goto(url)
            result = action(visited)
            assert visited.elsewhere == []
            assert visited.complaints == []
            return result
        finally:
            context.close()


def _note(visited: VisitedPage, message: Any) -> None:
    """An error page's own status is no complaint."""
    is_status = message.text.startswith("Failed to load resource: the server responded")
    if message.type in ("error", "warning") and not is_status:
        visited.complaints.append(message.text)


def _only_here(visited: VisitedPage, route: Any) -> None:
    parts = urlsplit(route.request.url)
    if parts.scheme == "data" or parts.hostname == "127.0.0.1":
        route.continue_()
    else:
        visited.elsewhere.append(route.request.url)
        route.abort()


@contextmanager
def run_chromium() -> Iterator[Chromium]:
    """Starts the browser, and stops it at the end."""
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(playwright.sync_playwright().start).result(60)
        browser = thread.submit(
            running.chromium.launch,
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        ).result(60)
        try:
            yield Chromium(thread, browser)
        finally:
            thread.submit(browser.close).result(30)
            thread.submit(running.stop).result(30)


@cache
def axe_script() -> str:
    """Returns axe-core (MPL 2.0), fetched once from npm's registry, without dependencies."""
    file = Path(tempfile.gettempdir()) / f"regulars-{AXE}.js"
    if not file.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("axe-core needs npm: apt-get install npm")
        with tempfile.TemporaryDirectory() as folder:
            command = [npm, "pack", AXE, "--silent", "--pack-destination", folder]
            if subprocess.run(command, capture_output=True, check=False, timeout=60).returncode:
                pytest.skip(f"npm could not load {AXE}")
            [archive] = Path(folder).glob("*.tgz")
            with tarfile.open(archive) as tar:
                member = tar.extractfile("package/axe.min.js")
                assert member
                partial = file.with_suffix(".partial")
                partial.write_bytes(member.read())
                partial.replace(file)
    return file.read_text()
