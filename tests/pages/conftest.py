"""Fixtures: the public pages of the café, before and after mail was sent."""

from __future__ import annotations

import pytest

from tests.cafe import HOUR, MARCH, Cafe
from tests.pages.visitors import RULES, OpenPages


@pytest.fixture
def open_pages(cafe: Cafe) -> OpenPages:
    cafe.reread(RULES)
    cafe.leave_carts(MARCH - 3 * HOUR, "ana", "bruno", "clara")
    return OpenPages(cafe)


@pytest.fixture
def pages_after_mail(open_pages: OpenPages) -> OpenPages:
    open_pages.cafe.run()
    return open_pages
