"""`day first` decides where no date of a file shows its order."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from settings.errors import SourceDataError
from shop.tables import Order
from tests.connectors.corner_cafe import connect_source, run_sync, table_rows

ORDERS = """\
sources:
  old-till:
    from: csv
    holds: orders
    file: till.csv
    columns: {{customer: Who, when: When, total: Paid}}
    day first: {}
"""


def sync(shop: Engine, folder: Path, day: str, answer: str) -> datetime:
    (folder / "till.csv").write_text(f"Who,When,Paid\nana@example.com,{day},2.00\n")
    run_sync(shop, connect_source(folder, ORDERS.format(answer)), name="old-till")
    [(placed_at,)] = table_rows(shop, Order, "placed_at")
    assert isinstance(placed_at, datetime)
    return placed_at


@pytest.mark.parametrize(("answer", "month"), [("yes", 2), ("no", 1)])
def test_the_owner_decides_what_no_date_shows(
    answer: str, month: int, sqlite: Engine, tmp_path: Path
) -> None:
    placed_at = sync(sqlite, tmp_path, "01/02/2026", answer)
    assert placed_at.astimezone(UTC).month == month


@pytest.mark.parametrize(
    ("day", "answer", "message"),
    [
        ("25/02/2026", "no", "begin with the day, .* Write day first: yes"),
        ("02/25/2026", "yes", "begin with the month, .* Write day first: no"),
    ],
)
def test_dates_that_show_another_order_are_a_mistake(
    day: str, answer: str, message: str, sqlite: Engine, tmp_path: Path
) -> None:
    with pytest.raises(SourceDataError, match=message):
        sync(sqlite, tmp_path, day, answer)
