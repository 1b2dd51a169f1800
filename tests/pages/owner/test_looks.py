"""How the owner's pages look and work in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import Engine

from pages.owner.app import PAGES
from shop.db.engine import write_transaction
from shop.db.stops import stop_mail
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.pages.owner import sample_page
from tests.pages.owner.browsers import PASSCODE, OwnerSitePages
from tests.pages.owner.chromium import (
    DESKTOP,
    PHONE,
    VIEWS,
    Chromium,
    View,
    VisitedPage,
    needs_chromium,
)
from tests.pages.visitors import RULES

pytestmark = needs_chromium


@pytest.fixture
def address(sample_site: OwnerSitePages) -> Iterator[str]:
    with sample_site.served() as address:
        yield address


OPPOSITE_VIEWS = [View(PHONE, "dark"), View(DESKTOP, "light")]
PATHS = {"/": "sample", "/health": "health", "/nobody": "nobody"}


def look(visited: VisitedPage, picture: Path) -> tuple[bool, list[str]]:
    """Returns whether the page is too wide, and what axe-core finds; takes a picture."""
    visited.page.screenshot(path=picture, full_page=True)
    return visited.is_too_wide(), visited.violations()


def test_pages_fit_the_screen_and_axe_finds_nothing(
    chromium: Chromium, sample_site: OwnerSitePages, address: str, tmp_path: Path
) -> None:
    for view, (path, name) in product(OPPOSITE_VIEWS, PATHS.items()):
        action = partial(look, picture=tmp_path / f"{name}-{view}.png")
        result = chromium.visit(address + path, sample_site.cookies(address), action, view)
        assert (name, view, *result) == (name, view, False, [])


@pytest.mark.soak
def test_every_page_of_the_navigation_fits_and_axe_finds_nothing(
    chromium: Chromium, sqlite: Engine, tmp_path: Path
) -> None:
    cafe = Cafe(sqlite, tmp_path, RULES)
    cafe.leave_carts(MARCH - 3 * HOUR, "ana", "bruno", "clara")
    cafe.visits("bruno", *(MARCH - days * DAY for days in (60, 52, 45, 38, 30)))
    cafe.run()
    site = OwnerSitePages(cafe)
    with site.served() as address:
        for page, view in product([page for page in PAGES if page.NAV], VIEWS):
            path = page.NAV.path if page.NAV else "/"
            picture = tmp_path / f"{path.strip('/') or 'today'}-{view}.png"
            action = partial(look, picture=picture)
            result = chromium.visit(address + path, site.cookies(address), action, view)
            assert (path, view, *result) == (path, view, False, [])


def test_charts_are_drawn_from_the_numbers_of_the_table_and_redrawn_when_narrow(
    chromium: Chromium, sample_site: OwnerSitePages, address: str
) -> None:
    count_bars = (
        "document.querySelectorAll('figure[data-chart=daily] g[aria-label=bar] rect').length"
    )

    def draw(visited: VisitedPage) -> tuple[int, int, int, bool]:
        page = visited.page
        wide = page.evaluate(count_bars)
        page.set_viewport_size({"width": PHONE, "height": 800})
        page.wait_for_function(f"{count_bars} < 100")
        is_hatched = page.evaluate(
            "!!document.querySelector('rect[fill=\"url(#hatching)\"], '"
            "+ 'g[fill=\"url(#hatching)\"] rect')"
        )
        return wide, page.evaluate(count_bars), page.locator("tbody tr").count(), is_hatched

    wide, narrow, rows, is_hatched = chromium.visit(address, sample_site.cookies(address), draw)
    # A bar for new and returning people each day; the two of today are drawn again, hatched.
    assert (wide, narrow, rows) == (2 * 90 + 2, 2 * 30 + 2, 90 + 4)
    assert is_hatched


def test_without_scripts_the_tables_remain_and_forms_work(
    chromium: Chromium, sample_site: OwnerSitePages, address: str
) -> None:
    def use(visited: VisitedPage) -> tuple[int, str]:
        rows = visited.page.locator("tbody tr").count()
        visited.page.get_by_role("button", name="Done").press("Enter")
        return rows, visited.page.get_by_role("status").inner_text()

    view = View(PHONE, scripts=False)
    rows, notice = chromium.visit(address, sample_site.cookies(address), use, view)
    assert rows == 94
    assert notice == f"Done: {sample_page.HOSTILE}"


def test_health_is_renewed_in_place(
    chromium: Chromium, sample_site: OwnerSitePages, address: str
) -> None:
    """Every minute; here at once. Without scripts one reloads the page."""

    def wait_for_news(visited: VisitedPage) -> str:
        with write_transaction(sample_site.cafe.engine) as connection:
            stop_mail(connection, None, "we move house", now=MARCH)
        visited.page.evaluate("htmx.trigger('#content', 'refresh')")
        visited.page.get_by_text("all mail is stopped").wait_for()
        return str(visited.page.title())

    url = f"{address}/health"
    title = chromium.visit(url, sample_site.cookies(address), wait_for_news)
    assert title == "Health · Corner Café"


def test_with_the_keyboard_alone_one_signs_in(
    chromium: Chromium, sample_site: OwnerSitePages, address: str
) -> None:
    def sign_in(visited: VisitedPage) -> str:
        keyboard = visited.page.keyboard
        keyboard.type(PASSCODE)  # the field has the focus
        keyboard.press("Enter")
        visited.page.wait_for_url(f"{address}/health")
        keyboard.press("Tab")
        return str(visited.page.evaluate("document.activeElement.textContent"))

    assert chromium.visit(f"{address}/health", [], sign_in) == "Skip to the page"
