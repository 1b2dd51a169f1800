"""Orders that are dated ahead: they do not count before their day."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.sync import SyncReport
from shop.tables import Metrics, Order, PointsEntry, QuarantinedRecord
from tests.cafe import HOUR, MARCH, Cafe
from tests.connectors.corner_cafe import connect_source, run_sync, table_rows

TILL = """\
sources:
  till:
    from: csv
    holds: orders
    file: till.csv
    columns: {customer: Email, when: Date, total: Total, order: No}
"""
RULES = """
loyalty:
  earn: 1 point per 1
rules:
  we-miss-you:
    when: no visit
    for: 45 days
    then:
      - send: we-miss-you
    stop when: visit
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then:
      - send: cart-reminder
    stop when: order placed
"""
JANUARY = datetime(2026, 1, 21, 10, tzinfo=UTC)
MISSED = datetime(2026, 3, 7, 10, tzinfo=UTC)  # 46 days after the visit of 20 January


def read_till(cafe: Cafe, folder: Path, *dates: str, now: datetime) -> SyncReport:
    rows = [f"bruno@example.com,{date},5,{number}" for number, date in enumerate(dates)]
    folder = folder / "till"
    folder.mkdir(exist_ok=True)
    (folder / "till.csv").write_text("\n".join(["Email,Date,Total,No", *rows, ""]))
    return run_sync(cafe.engine, connect_source(folder, TILL), name="till", now=now)


def visits(engine: Engine) -> list[tuple[int, int]]:
    return [(last.month, last.day) for (last,) in table_rows(engine, Metrics, "last_visit_at")]


@pytest.mark.parametrize(
    ("ahead", "last_visit", "mailed"),
    [("2026-02-21", (2, 21), []), ("2062-02-01", (1, 20), ["bruno"])],
)
def test_an_order_that_is_dated_ahead_counts_once_its_day_has_come(
    ahead: str, last_visit: tuple[int, int], mailed: list[str], engine: Engine, tmp_path: Path
) -> None:
    cafe = Cafe(engine, tmp_path, RULES)
    cafe.customer("bruno")
    report = read_till(cafe, tmp_path, "2026-01-20", ahead, now=JANUARY)
    cafe.run(JANUARY)
    assert visits(engine) == [(1, 20)]
    assert table_rows(engine, PointsEntry, "points") == []
    assert report.quarantined == 1
    assert table_rows(engine, QuarantinedRecord, "record_key", "reason") == [
        ("line 3", f"The date lies in the future: the order counts from {ahead} on.")
    ]
    cafe.run(MISSED)
    assert visits(engine) == [last_visit]
    assert cafe.mailed_names() == mailed
    earned = [(5,)] if not mailed else []
    assert table_rows(engine, PointsEntry, "points") == earned


def test_an_order_that_is_dated_ahead_ends_no_cart_reminder(sqlite: Engine, tmp_path: Path) -> None:
    cafe = Cafe(sqlite, tmp_path, RULES)
    cafe.customer("bruno")
    read_till(cafe, tmp_path, "2062-02-01", now=MARCH - 5 * HOUR)
    cafe.run(MARCH - 5 * HOUR)
    cafe.cart("bruno", MARCH - 4 * HOUR)
    cafe.run(MARCH)
    assert cafe.mailed_names() == ["bruno"]


def test_a_corrected_date_lets_the_order_count_at_once(sqlite: Engine, tmp_path: Path) -> None:
    cafe = Cafe(sqlite, tmp_path, RULES)
    for hours, date in enumerate(["2062-02-01", "2026-02-01"]):
        read_till(cafe, tmp_path, date, now=MARCH + hours * HOUR)
    assert table_rows(sqlite, Order, "counts", "counts_from") == [(True, None)]
    assert table_rows(sqlite, QuarantinedRecord) == []


def test_an_order_that_was_not_paid_does_not_count_on_its_day(
    sqlite: Engine, tmp_path: Path
) -> None:
    cafe = Cafe(sqlite, tmp_path, RULES)
    folder = tmp_path / "till"
    folder.mkdir()
    (folder / "till.csv").write_text("Email,Date,Total,No,State\nana@x.pt,2026-03-09,5,1,pending\n")
    yaml = TILL.replace("order: No", "order: No, status: State")
    run_sync(sqlite, connect_source(folder, yaml), name="till", now=MARCH)
    cafe.run(MARCH + 240 * HOUR)
    assert table_rows(sqlite, Order, "counts", "counts_from") == [(False, None)]
