"""Unsubscribing from a real mail, with a real browser and by one-click."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import col

from pages.access import AccessLog
from pages.app import create_app
from pages.server import base_url, listening_socket
from shop.tables import Message
from tests.cafe import DAY, FILE, HOUR, MARCH, Cafe
from tests.mail.render.test_screenshots import CHROMIUM, CONTRASTS, playwright
from tests.pages.visitors import RULES, FakeClock, OpenPages, access_lines
from tests.pages.visitors import served as on_a_port

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="a page in a browser needs Chromium: apt-get install chromium"
)


@pytest.fixture
def served_pages(sqlite: Engine, tmp_path: Path) -> Iterator[OpenPages]:
    """The café, its pages on a local port, and a mail to Clara with a link to them."""
    clock = FakeClock(MARCH + HOUR)
    with access_lines() as access_log, listening_socket("127.0.0.1", 0) as listener:
        file = FILE.replace("https://mail.cornercafe.example", base_url(listener))
        cafe = Cafe(sqlite, tmp_path, f"{file}\n{RULES}")
        cafe.customer("clara")
        cafe.cart("clara", MARCH - 3 * HOUR)
        cafe.run()
        open_pages = OpenPages(cafe, clock)
        with on_a_port(AccessLog(create_app(cafe.shop, clock)), listener):
            yield open_pages
    assert access_log
    assert all(
        re.fullmatch(r"(GET|HEAD|POST|…) (/u/…|/health|…) \d+ \d+ ms", line) for line in access_log
    )


@contextmanager
def phone(scheme: str = "light", **more: Any) -> Iterator[Any]:
    """A page of a real browser with the screen of a phone."""
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser.new_page(viewport={"width": 320, "height": 640}, color_scheme=scheme, **more)
        browser.close()


def link_in(cafe: Cafe) -> str:
    """Returns the unsubscribe link in the mail's HTML."""
    [mail] = cafe.mails()
    html = mail.get_body(("html",))
    assert html is not None
    [link] = re.findall(r'href="([^"]*/u/[^"]*)"', html.get_content())
    return str(link)


@needs_chromium
def test_clara_opens_the_link_presses_and_gets_no_more(
    served_pages: OpenPages, tmp_path: Path
) -> None:
    with phone(java_script_enabled=False) as page:
        requested_urls: list[str] = []
        page.on("request", lambda request: requested_urls.append(request.url))
        page.goto(link_in(served_pages.cafe))
        page.screenshot(path=tmp_path / "unsubscribe.png")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Done").wait_for()
        page.screenshot(path=tmp_path / "unsubscribed.png")
    assert all(url.startswith(link_in(served_pages.cafe)) for url in requested_urls)
    served_pages.cafe.run(MARCH + DAY)
    assert served_pages.cafe.mailed_names() == ["clara"]
    assert served_pages.opt_outs()[0][2].startswith("the button on the unsubscribe page")
    assert "said no" in served_pages.cafe.select_all(col(Message.reason))


def test_a_mail_program_unsubscribes_with_one_click(served_pages: OpenPages) -> None:
    """RFC 8058: the URL and body of the request come from the mail's headers."""
    [mail] = served_pages.cafe.mails()
    [link] = re.findall(r"<(http[^>]*)>", mail["List-Unsubscribe"])
    name, _, value = mail["List-Unsubscribe-Post"].partition("=")
    for form in ({"data": {name: value}}, {"files": {name: (None, value)}}):
        done = httpx.post(link, follow_redirects=False, trust_env=False, **form)
        assert done.status_code == 200
    assert len(served_pages.opt_outs()) == 1
    served_pages.cafe.run(MARCH + DAY)
    assert served_pages.cafe.mailed_names() == ["clara"]


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_can_be_read_on_a_small_phone(served_pages: OpenPages, scheme: str) -> None:
    link = link_in(served_pages.cafe)
    with phone(scheme) as page:
        for path in (link, f"{link}x"):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
            assert [line for line in page.evaluate(CONTRASTS) if line[1] < 4.5] == []
            assert page.evaluate("document.documentElement.lang") == "en"
        page.goto(link)
        box = page.get_by_role("button", name="Unsubscribe").bounding_box()
        assert box["height"] >= 44
