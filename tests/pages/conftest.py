"""The café with its pages open, after Ana, Bruno and Clara got a mail."""

from __future__ import annotations

import pytest

from tests.cafe import HOUR, MARCH, Cafe
from tests.pages.visitors import RULES, Open


@pytest.fixture
def opened(cafe: Cafe) -> Open:
    cafe.reread(RULES)
    cafe.leave_carts(MARCH - 3 * HOUR, "ana", "bruno", "clara")
    return Open(cafe)


@pytest.fixture
def mailed(opened: Open) -> Open:
    opened.cafe.run()
    return opened
