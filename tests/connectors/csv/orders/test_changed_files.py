"""Files of orders that change their shape: with and without numbers, with and without times."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connectors.csv.connector import CsvConnector
from connectors.sync import SyncReport
from shop.tables import Order, OrderLine, PointsEntry, QuarantinedRecord, Refund
from tests.cafe import DAY, MARCH, Cafe
from tests.connectors.corner_cafe import connect_source, hours_later, run_sync, table_rows

NUMBERED = """\
sources:
  till:
    from: csv
    holds: orders
    file: till.csv
    columns: {customer: Email, when: Date, total: Total, product: Item, order: No}
"""
UNNUMBERED = NUMBERED.replace(", order: No", "")
FEBRUARY = datetime(2026, 2, 1)  # noqa: DTZ001 - as written


@dataclass(frozen=True)
class Sale:
    """An order with the total of each row, and what was given back of it later."""

    number: int
    buyer: str
    placed_at: datetime
    totals: Sequence[str]
    refund: str = ""
    stated_once: str = ""  # what rows after the first leave out: "buyer", or "buyer and date"


def written_rows(sales: Sequence[Sale], *, dates_only: bool) -> list[str]:
    date_format = "%Y-%m-%d" if dates_only else "%Y-%m-%d %H:%M"
    rows = []
    for sale in sales:
        amounts = [*enumerate(sale.totals), *([("back", f"-{sale.refund}")] if sale.refund else [])]
        for place, total in amounts:
            moment = sale.placed_at + timedelta(days=1 if place == "back" else 0)
            is_later = place not in (0, "back")
            when = "" if is_later and "date" in sale.stated_once else moment.strftime(date_format)
            buyer = "" if is_later and sale.stated_once else sale.buyer
            rows.append(f"{buyer},{when},{total},{sale.number},item {place}")
    return rows


def sync_till(shop: Engine, folder: Path, rows: Sequence[str], yaml: str, hour: int) -> SyncReport:
    text = "\n".join(["Email,Date,Total,No,Item", *rows, ""])
    (folder / "till.csv").write_text(text, encoding="utf-8")
    connector = connect_source(folder, yaml)
    assert isinstance(connector, CsvConnector)
    pages = replace(connector, page_size=3)
    return run_sync(shop, pages, name="till", now=hours_later(hour))


def stored(shop: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """What may not change: orders, their customers and totals, their lines, and refunds."""
    columns = ("id", "external_id", "customer_id", "total", "counts")
    return {
        "orders": sorted(table_rows(shop, Order, *columns)),
        "lines": sorted(table_rows(shop, OrderLine, "order_key", "position", "total")),
        "refunds": sorted(table_rows(shop, Refund, "id", "external_id", "order_key", "total")),
    }


def random_sales(chance: random.Random, *, repeats_total: bool) -> list[Sale]:
    sales = []
    for number in range(1, chance.randint(2, 9)):
        minutes = chance.choice([600, 600, 615, 900]) + 24 * 60 * chance.randint(0, 3)
        buyer = chance.choice(["ana@example.com", "bruno@example.com", "", "Walk-in"])
        count = chance.choice([1, 1, 2, 3])
        first = chance.choice(["1.90", "2.80", "5.00"])
        totals = [first] * count if repeats_total else [
            first, *(chance.choice(["0.50", "1.90"]) for _ in range(count - 1))
        ]  # fmt: skip
        refund = first if buyer.startswith("ana") and chance.random() < 0.3 else ""
        placed_at = FEBRUARY + timedelta(minutes=minutes)
        stated_once = chance.choice(["", "", "", "buyer", "buyer and date"])
        sales.append(Sale(number, buyer, placed_at, totals, refund, stated_once))
    return sales


SHAPES = [(yaml, dates_only) for yaml in (NUMBERED, UNNUMBERED) for dates_only in (False, True)]


@pytest.mark.parametrize("repeats_total", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_a_file_in_another_shape_adds_and_changes_nothing(
    seed: int, repeats_total: bool, sqlite: Engine, tmp_path: Path
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test
    sales = random_sales(chance, repeats_total=repeats_total)
    later = Sale(99, "bruno@example.com", FEBRUARY + timedelta(days=9, hours=9), ["7.00"])
    before = None
    for hour, (yaml, dates_only) in enumerate(chance.choices(SHAPES, k=3)):
        sync_till(sqlite, tmp_path, written_rows(sales, dates_only=dates_only), yaml, hour)
        after = {name: rows for name, rows in stored(sqlite).items() if name != "lines"}
        before = before or after
        assert after == before
    rows = written_rows([*sales, later], dates_only=dates_only)
    sync_till(sqlite, tmp_path, rows, yaml, 4)
    assert len(stored(sqlite)["orders"]) == len(before["orders"] if before else ()) + 1


LINES = [
    "ana@example.com,2026-02-01 10:00,1.90,7,Flat white",
    "ana@example.com,2026-02-01 10:00,2.80,7,Granola",
    "bruno@example.com,2026-02-01 11:00,5.00,8,Cake",
    "bruno@example.com,2026-02-01 11:00,5.00,9,Cake",
]


def test_rows_read_before_their_numbers_stay_orders(engine: Engine, tmp_path: Path) -> None:
    sync_till(engine, tmp_path, LINES, UNNUMBERED, 0)
    before = stored(engine)
    report = sync_till(engine, tmp_path, LINES, NUMBERED, 1)
    assert stored(engine) == before
    [warning] = report.warnings
    assert "each of their rows is an order" in warning


def test_orders_stay_when_the_column_of_their_numbers_is_removed(
    engine: Engine, tmp_path: Path
) -> None:
    sync_till(engine, tmp_path, LINES, NUMBERED, 0)
    before = stored(engine)
    assert len(before["orders"]) == 3
    report = sync_till(engine, tmp_path, LINES, UNNUMBERED, 1)
    assert stored(engine) == before
    [warning] = report.warnings
    assert "Name the column of the numbers again" in warning


def test_rows_that_repeat_the_total_of_a_stored_order_are_its_rows(
    sqlite: Engine, tmp_path: Path
) -> None:
    rows = [f"ana@example.com,2026-02-01 10:00,8.00,7,{item}" for item in ("Cake", "Tea")]
    for hour, yaml in enumerate((NUMBERED, UNNUMBERED)):
        sync_till(sqlite, tmp_path, rows, yaml, hour)
        assert [row[3] for row in stored(sqlite)["orders"]] == [800]
        assert len(stored(sqlite)["lines"]) == 2


def test_a_refund_is_not_given_twice_when_numbers_come_or_go(
    sqlite: Engine, tmp_path: Path
) -> None:
    rows = [*LINES, "bruno@example.com,2026-02-02 09:00,-5.00,9,Cake"]
    for hour, yaml in enumerate((UNNUMBERED, NUMBERED, UNNUMBERED)):
        sync_till(sqlite, tmp_path, rows, yaml, hour)
        [(_, _, order_key, total)] = stored(sqlite)["refunds"]
        assert total == 500
        assert order_key in {row[1] for row in stored(sqlite)["orders"] if row[3] == 500}


def test_a_correction_reaches_an_order_whose_number_is_new(sqlite: Engine, tmp_path: Path) -> None:
    yaml = [shape.replace("product: Item", "status: Item") for shape in (UNNUMBERED, NUMBERED)]
    rows = ["ana@example.com,2026-02-01 10:00,5.00,7,paid"]
    sync_till(sqlite, tmp_path, rows, yaml[0], 0)
    sync_till(sqlite, tmp_path, [rows[0].replace("paid", "cancelled")], yaml[1], 1)
    assert table_rows(sqlite, Order, "total", "counts") == [(500, False)]


def test_a_row_that_may_be_of_a_stored_order_is_set_aside(sqlite: Engine, tmp_path: Path) -> None:
    rows = ["ana@example.com,2026-02-01,8.00,7,Cake", "bruno@example.com,2026-02-01,8.00,8,Cake"]
    sync_till(sqlite, tmp_path, rows, NUMBERED, 0)
    before = stored(sqlite)
    edited = ["ana@example.com,2026-02-01,3.00,,Cake", *rows[1:], "ana@example.com,2026-02-03,2,,"]
    report = sync_till(sqlite, tmp_path, edited, UNNUMBERED, 1)
    assert stored(sqlite)["orders"][:2] == before["orders"]
    assert [row[3] for row in stored(sqlite)["orders"]] == [800, 800, 200]
    [(line, reason)] = table_rows(sqlite, QuarantinedRecord, "record_key", "reason")
    assert (line, reason.partition(",")[0]) == (
        "line 2", "It may be a row of an order that was read with its number before"
    )  # fmt: skip
    assert "They are not counted" in report.warnings[0]


def test_an_order_keeps_its_time_when_a_spreadsheet_drops_it(
    sqlite: Engine, tmp_path: Path
) -> None:
    for hour, (yaml, when) in enumerate(
        [(UNNUMBERED, "2026-02-01 10:30"), (UNNUMBERED, "2026-02-01"), (NUMBERED, "2026-02-01")]
    ):
        sync_till(sqlite, tmp_path, [f"ana@example.com,{when},5.00,7,Cake"], yaml, hour)
    [(placed_at,)] = table_rows(sqlite, Order, "placed_at")
    assert (placed_at.hour, placed_at.minute) == (10, 30)


def test_two_equal_purchases_of_a_day_stay_two_without_their_times(
    sqlite: Engine, tmp_path: Path
) -> None:
    rows = [f"ana@example.com,2026-02-01 {time},1.90,,Flat white" for time in ("09:00", "15:00")]
    sync_till(sqlite, tmp_path, rows, UNNUMBERED, 0)
    before = stored(sqlite)
    saved_again = ["ana@example.com,2026-02-01,1.90,,Flat white"] * 3
    sync_till(sqlite, tmp_path, saved_again[:2], UNNUMBERED, 1)
    assert stored(sqlite) == before
    sync_till(sqlite, tmp_path, saved_again, UNNUMBERED, 2)
    assert len(stored(sqlite)["orders"]) == 3


RULES = """
loyalty:
  earn: 1 point per 1
rules:
  points:
    when: points earned
    then:
      - send: points-earned
"""


@pytest.mark.parametrize("shapes", [(NUMBERED, UNNUMBERED), (UNNUMBERED, NUMBERED)])
def test_a_file_in_another_shape_earns_no_points_and_sends_no_mail(
    shapes: tuple[str, str], sqlite: Engine, tmp_path: Path
) -> None:
    cafe = Cafe(sqlite, tmp_path, RULES)
    cafe.run(MARCH - 9 * DAY)
    cafe.customer("ana")
    rows = [row.replace("02-01", "03-01") for row in LINES]
    counts = []
    for hour, yaml in enumerate(shapes):
        sync_till(sqlite, tmp_path, rows, yaml, hour)
        cafe.run(MARCH + hour * DAY)
        points = sorted(table_rows(sqlite, PointsEntry, "external_id", "kind", "points"))
        counts.append((points, len(cafe.mails())))
    assert counts[0] == counts[1]
    assert counts[0][0]
    assert counts[0][1] == 1
