"""The demo shows the café's own pages, at the café's time."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from engine.open.open_shop import open_shop
from regulars.demo.pages import show_pages
from tests.cafe import MARCH, Cafe


@pytest.mark.parametrize("has_browser", [True, False])
def test_the_cafe_opens_by_a_link_at_the_cafes_time(
    has_browser: bool,
    sqlite: Engine,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    links: list[str] = []

    def open_link(link: str) -> bool:
        links.append(link)
        return has_browser

    monkeypatch.setattr(webbrowser, "open", open_link)
    shop = open_shop(Cafe(sqlite, tmp_path, "").path)
    pages: list[str] = []

    def look() -> None:
        with httpx.Client(follow_redirects=True) as browser:
            form = browser.get(links[0]).text
            token = form.split('name="form token" value="')[1].split('"')[0]
            browser.post(links[0], data={"form token": token})
            calendar = httpx.URL(links[0]).join("/calendar")
            pages.append(browser.get(calendar).text)

    show_pages(shop, MARCH, look)
    assert "Tuesday, 3 March" in pages[0]
    output = capsys.readouterr().out
    assert "Corner Café is at http://127.0.0.1:" in output
    assert (links[0] in output) is not has_browser
