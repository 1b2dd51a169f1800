"""Real purchases of 23,570 people: the totals that its authors published must come out."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import col

from shop.database import open_database, prepare, reading
from shop.tables import Customer, Identity, Order, Quarantined
from tests.connectors.corner_cafe import connect, rows, run

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
    """SQLite alone: the conformance suite shows that PostgreSQL is given the same rows."""
    engine = open_database("sqlite:///regulars.db", beside=tmp_path)
    prepare(engine)
    return engine


def test_cdnow_comes_to_the_published_totals(engine: Engine, shared: Path, tmp_path: Path) -> None:
    yaml = OLD_TILL.format(file=shared / "data" / "cdnow_master.txt.gz")
    report = run(engine, connect(tmp_path, yaml, currency="USD"), name="old-till")
    assert report.streams == {"orders": 69_659}
    with reading(engine) as connection:
        assert connection.execute(select(func.count(), func.sum(col(Order.total)))
                                  .select_from(Order)).one() == (69_659, 250_031_563)  # fmt: skip
        nobodys = select(func.count()).select_from(Order).where(col(Order.customer_id).is_(None))
        assert connection.scalar(nobodys) == 0
    assert len(rows(engine, Customer, "id")) == 23_570
    before = rows(engine, Order, "id", "version")
    again = run(engine, connect(tmp_path, yaml, currency="USD"), name="old-till")
    assert again.skipped_unchanged
    assert rows(engine, Order, "id", "version") == before
    assert rows(engine, Quarantined) == []
    assert len(rows(engine, Identity, "id")) == 23_570
