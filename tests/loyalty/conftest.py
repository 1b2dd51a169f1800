"""A shop with a points programme, on each database."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.loyalty.till import Till


@pytest.fixture
def till(engine: Engine) -> Till:
    """The Corner Café gives 1 point per euro for a year; Ana and Bruno are customers."""
    till_with_customers = Till(engine)
    till_with_customers.customer("ana", "bruno")
    return till_with_customers
