"""The published totals of the CDNOW data set: real orders of 23,570 customers.

`tests/engine/tick/test_real_purchases.py` reads a tenth of it in each run of the tests.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import col

from shop.db.engine import open_database, read_transaction
from shop.db.upgrade import prepare_database
from shop.tables import Customer, Order
from tests.connectors.corner_cafe import connect_source, hours_later, run_sync

OLD_TILL = """\
sources:
  old-till:
    from: csv
    holds: orders
    file: {file}
    columns: {{customer: customer_id, when: date, total: dollar_value, quantity: number_of_cds}}
"""


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """SQLite alone: the conformance suite covers PostgreSQL."""
    engine = open_database("sqlite:///regulars.db", base_folder=tmp_path)
    prepare_database(engine)
    return engine


@pytest.mark.soak
def test_cdnow_comes_to_the_published_totals(engine: Engine, shared: Path, tmp_path: Path) -> None:
    yaml = OLD_TILL.format(file=shared / "data" / "cdnow_master.txt.gz")
    report = run_sync(engine, connect_source(tmp_path, yaml, currency="USD"), name="old-till")
    assert report.streams == {"orders": 69_659}
    assert report.quarantined == 0
    before = sums(engine)
    assert before[:4] == (69_659, 250_031_563, 69_659, 23_570)
    second_report = run_sync(
        engine, connect_source(tmp_path, yaml, currency="USD"), name="old-till", now=hours_later(1)
    )
    assert second_report.skipped_unchanged
    assert sums(engine) == before


def sums(engine: Engine) -> tuple[int, ...]:
    """Return order counts and totals, known buyers, customers, and a checksum of versions."""
    totals = select(
        func.count(),
        func.sum(col(Order.total)),
        func.count(col(Order.customer_id)),
        select(func.count()).select_from(Customer).scalar_subquery(),
        func.sum(col(Order.version) % 1_000_003),
    )
    with read_transaction(engine) as connection:
        return tuple(connection.execute(totals).one())
