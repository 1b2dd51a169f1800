"""The sign-up in a real browser, without JavaScript."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlmodel import col

from engine.signup.confirmation import send_confirmations
from pages.access import AccessLog
from pages.app import create_app
from pages.server import base_url, listening_socket
from shop.tables import Basis, Customer
from tests.cafe import FILE, Cafe
from tests.mail.render.test_screenshots import CONTRASTS
from tests.pages.public.signup_visitors import SIGN_UP
from tests.pages.public.test_unsubscribe_in_browser import needs_chromium, phone
from tests.pages.visitors import access_lines, served


@needs_chromium
def test_clara_signs_up_mends_a_mistake_confirms_and_is_on_the_list(
    sqlite: Engine, tmp_path: Path
) -> None:
    with access_lines() as access_log, listening_socket("127.0.0.1", 0) as listener:
        file = FILE.replace("https://mail.cornercafe.example", base_url(listener))
        cafe = Cafe(sqlite, tmp_path, f"{file}\n{SIGN_UP}")
        with (
            served(AccessLog(create_app(cafe.shop)), listener) as base,
            phone(java_script_enabled=False) as page,
        ):
            requested_urls: list[str] = []
            page.on("request", lambda request: requested_urls.append(request.url))
            _submit_form(page, base, tmp_path)
            send_confirmations(cafe.shop, now=datetime.now(UTC))
            page.goto(_link_in(cafe))
            page.screenshot(path=tmp_path / "confirm.png")
            page.get_by_role("button", name="Yes, I do").click()
            page.get_by_role("heading", name="you are on the list").wait_for()
    assert all(url.startswith(f"{base}/join") for url in requested_urls)
    assert all(re.fullmatch(r"(GET|POST) /join(/…)? \d+ \d+ ms", line) for line in access_log)
    assert cafe.select_all(col(Basis.state)) == ["yes"]
    assert cafe.select_all(col(Customer.first_name), col(Customer.birthday)) == [
        ("Clara", "--09-21")
    ]


def _submit_form(page: Any, base: str, folder: Path) -> None:
    """Fills in the form by keyboard."""
    page.goto(f"{base}/join")
    page.screenshot(path=folder / "join.png", full_page=True)
    for text in ("clara", "Clara", "21", "September"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Tab")
    assert page.get_by_role("button", name="Yes, sign me up").bounding_box()["height"] >= 44
    page.keyboard.press("Enter")
    address_field = page.get_by_role("textbox", name="Your e-mail address")
    address_field.wait_for()
    page.screenshot(path=folder / "wrong.png", full_page=True)
    page.get_by_text("This is not an e-mail address").wait_for()
    assert page.get_by_role("textbox", name="Day").input_value() == "21"
    address_field.fill("clara@example.com")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Check your inbox").wait_for()
    page.screenshot(path=folder / "look.png")


def _link_in(cafe: Cafe) -> str:
    [mail] = cafe.mails()
    html = mail.get_body(("html",))
    assert html is not None
    [link] = re.findall(r'href="([^"]*/join/[^"]*)"', html.get_content())
    return str(link)


@needs_chromium
def test_the_form_can_be_read_on_a_small_phone_in_light_and_in_the_dark(
    sqlite: Engine, tmp_path: Path
) -> None:
    with listening_socket("127.0.0.1", 0) as listener:
        cafe = Cafe(sqlite, tmp_path, SIGN_UP)
        with served(create_app(cafe.shop), listener) as base, phone() as page:
            page.goto(f"{base}/join")
            page.evaluate("document.querySelector('form').requestSubmit()")
            page.locator("#address-wrong").wait_for()
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                assert [line for line in page.evaluate(CONTRASTS) if line[1] < 4.5] == []
                page.screenshot(path=tmp_path / f"{scheme}.png", full_page=True)
