"""The pages of rules in a real browser: the drawing of the steps, and the list below it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.owner.pause import pause_mail
from tests.cafe import DAY, MARCH, Cafe
from tests.pages.owner.browsers import OwnerSitePages
from tests.pages.owner.chromium import (
    DESKTOP,
    PHONE,
    Chromium,
    View,
    VisitedPage,
    needs_chromium,
)
from tests.pages.owner.test_rules import SERIES

pytestmark = [needs_chromium, pytest.mark.parametrize("engine", ["sqlite"], indirect=True)]
SVG = "figure.diagram svg"


@pytest.fixture
def site(cafe: Cafe) -> OwnerSitePages:
    cafe.reread(SERIES)
    for name, visits in {"ana": 3, "bruno": 2, "clara": 1}.items():
        cafe.customer(name)
        cafe.visits(name, *(MARCH - (15 + 7 * number) * DAY for number in range(visits)))
    cafe.run()
    pause_mail(cafe.shop, "welcome", "Not yet.", now=MARCH)
    return OwnerSitePages(cafe)


@pytest.fixture
def address(site: OwnerSitePages) -> Iterator[str]:
    with site.served() as address:
        yield address


def look(visited: VisitedPage) -> tuple[bool, list[str]]:
    return visited.is_too_wide(), visited.violations()


def test_pages_of_rules_fit_and_axe_finds_nothing(
    chromium: Chromium, site: OwnerSitePages, address: str
) -> None:
    for path, view in (
        ("/rules", View(PHONE, "dark")), ("/rules", View(DESKTOP, "light")),
        ("/rules/win-back", View(PHONE, "light")), ("/rules/win-back", View(DESKTOP, "dark")),
    ):  # fmt: skip
        result = chromium.visit(address + path, site.cookies(address), look, view)
        assert (path, view, *result) == (path, view, False, [])


def test_the_drawing_links_each_number_to_its_people_and_fits_a_phone(
    chromium: Chromium, site: OwnerSitePages, address: str
) -> None:
    def read(visited: VisitedPage) -> tuple[list[str], list[str], int, bool, str]:
        page = visited.page
        texts = [text.strip() for text in page.locator(f"{SVG} a").all_text_contents()]
        listed = [text.strip() for text in page.locator("ol.steps a").all_text_contents()]
        page.locator(f"{SVG} a").first.focus()
        focused = page.evaluate("document.activeElement.getAttribute('href')")
        page.set_viewport_size({"width": PHONE, "height": 800})
        page.wait_for_function(f"document.querySelector('{SVG}').clientWidth < {PHONE}")
        is_open = page.locator("figure.diagram details").evaluate("element => element.open")
        return texts, listed, page.locator(f"{SVG} rect").count(), is_open, focused

    url = f"{address}/rules/win-back"
    texts, listed, cards, is_open, focused = chromium.visit(url, site.cookies(address), read)
    assert sorted(texts) == sorted(listed) != []
    assert cards == 8  # event, condition, five steps and the end
    assert not is_open
    assert focused.startswith("/customers?list=rule&rule=win-back")


def test_without_scripts_the_list_is_open(
    chromium: Chromium, site: OwnerSitePages, address: str
) -> None:
    def read(visited: VisitedPage) -> tuple[bool, int]:
        page = visited.page
        return page.locator("ol.steps").is_visible(), page.locator("ol.steps > li").count()

    view = View(PHONE, scripts=False)
    result = chromium.visit(f"{address}/rules/win-back", site.cookies(address), read, view)
    assert result == (True, 8)
