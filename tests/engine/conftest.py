"""A café with a sign-up page, as fixtures."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.cafe import Cafe
from tests.pages.public.signup_visitors import SIGN_UP, SignUpPages


@pytest.fixture
def till(cafe: Cafe) -> SignUpPages:
    """On each database."""
    cafe.reread(SIGN_UP)
    return SignUpPages(cafe)


@pytest.fixture
def sqlite_till(sqlite: Engine, tmp_path: Path) -> SignUpPages:
    return SignUpPages(Cafe(sqlite, tmp_path, SIGN_UP))
