"""Fixtures: the owner's pages of the café, and one browser for all tests of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from pages.owner import health
from tests.cafe import Cafe
from tests.pages.owner import sample_page
from tests.pages.owner.browsers import Browser, OwnerSitePages
from tests.pages.owner.chromium import Chromium, run_chromium


@pytest.fixture
def owner_site(cafe: Cafe) -> OwnerSitePages:
    """The owner's pages of the café, with a browser that is signed in."""
    return OwnerSitePages(cafe)


@pytest.fixture
def sample_site(sqlite: Engine, tmp_path: Path) -> OwnerSitePages:
    """The frame of the pages on SQLite, with the sample page and Health."""
    return OwnerSitePages(Cafe(sqlite, tmp_path, ""), pages=(sample_page, health))


@pytest.fixture
def owner(owner_site: OwnerSitePages) -> Browser:
    """The owner's browser, signed in."""
    return owner_site.browser


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """A real browser: `chromium.visit(url, cookies, action, view)`."""
    with run_chromium() as running:
        yield running
