"""Fixtures: the owner's pages of the café, and one browser for all tests of them."""

from __future__ import annotations

import pytest

from tests.cafe import Cafe
from tests.pages.owner.browsers import Browser, OwnerSitePages


@pytest.fixture
def owner_site(cafe: Cafe) -> OwnerSitePages:
    """The owner's pages of the café, with a browser that is signed in."""
    return OwnerSitePages(cafe)


@pytest.fixture
def owner(owner_site: OwnerSitePages) -> Browser:
    """The owner's browser, signed in."""
    return owner_site.browser
