"""A till of each test's own, on each database."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.loyalty.till import Till


@pytest.fixture
def till(engine: Engine) -> Till:
    """The Corner Café gives 1 point per euro, for a year; Ana and Bruno are known."""
    made = Till(engine)
    made.customer("ana", "bruno")
    return made
