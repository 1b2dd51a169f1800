"""An order file says the currency in a column or in config.yaml, and the category of a product."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.csv.cells.currency_marks import other_currency_error
from shop.tables import Order, OrderLine, QuarantinedRecord
from tests.connectors.corner_cafe import connect_source, run_sync, table_rows

HEADER = "No,Who,When,Paid,Currency,What,Kind\n"
ORDERS = """\
sources:
  old-till:
    from: csv
    holds: orders
    file: till.csv
    columns: {customer: Who, when: When, total: Paid, order: No, product: What, category: Kind}
"""
BY_COLUMN = ORDERS.replace("category: Kind", "category: Kind, currency: Currency")
IN_POUNDS = f"{ORDERS}    currency: GBP\n"


def sync(shop: Engine, folder: Path, lines: str, yaml: str = BY_COLUMN) -> list[tuple[object, ...]]:
    """The orders that are stored, with total and currency."""
    (folder / "till.csv").write_text(HEADER + lines, encoding="utf-8")
    run_sync(shop, connect_source(folder, yaml), name="old-till")
    return table_rows(shop, Order, "external_id", "total", "currency")


def reasons(shop: Engine) -> list[str]:
    return [reason for (reason,) in table_rows(shop, QuarantinedRecord, "reason")]


def test_each_order_has_the_currency_of_its_row(sqlite: Engine, tmp_path: Path) -> None:
    lines = (
        "1,ana@example.com,2026-02-01,12.50,,Cake,Sweet\n"
        "2,ana@example.com,2026-02-02,1500,JPY,Cake,Sweet\n"
        "3,ana@example.com,2026-02-03,£4.20,£,Cake,\n"
        "4,ana@example.com,2026-02-04,2.00,EUR,Cake,Sweet\n"
        "4,,,3.00,,Tea,Drinks\n"
    )
    assert sync(sqlite, tmp_path, lines)[:2] == [("1", 1250, "EUR"), ("2", 1500, "JPY")]
    assert reasons(sqlite) == ["The currency is not one code or sign that can be read: £."]
    assert ("4", 500, "EUR") in table_rows(sqlite, Order, "external_id", "total", "currency")


def test_an_order_in_two_currencies_is_set_aside(sqlite: Engine, tmp_path: Path) -> None:
    lines = "1,ana@example.com,2026-02-01,12.50,EUR,Cake,\n1,,,3.00,USD,Tea,\n"
    assert sync(sqlite, tmp_path, lines) == []
    assert reasons(sqlite) == ["The rows of this order are in several currencies."]


def test_a_whole_file_may_be_in_another_currency(sqlite: Engine, tmp_path: Path) -> None:
    lines = (
        "1,ana@example.com,2026-02-01,£12.50,GBP,Cake,\n"
        "2,ana@example.com,2026-02-02,3.00,,Cake,\n"
        "3,ana@example.com,2026-02-03,3.00,EUR,Cake,\n"
    )
    stored = sync(sqlite, tmp_path, lines, IN_POUNDS)
    assert stored == [("1", 1250, "GBP"), ("2", 300, "GBP")]
    assert reasons(sqlite) == [other_currency_error("EUR", "GBP")]


def test_without_either_other_currencies_are_set_aside(sqlite: Engine, tmp_path: Path) -> None:
    lines = "1,ana@example.com,2026-02-01,12.50,USD,Cake,\n"
    assert sync(sqlite, tmp_path, lines.replace("USD", "EUR"), ORDERS) == [("1", 1250, "EUR")]
    sync(sqlite, tmp_path, lines.replace("1,", "2,", 1), ORDERS)
    assert reasons(sqlite) == [other_currency_error("USD", "EUR")]


def test_the_category_is_stored_with_the_line(sqlite: Engine, tmp_path: Path) -> None:
    lines = "1,ana@example.com,2026-02-01,2.00,,Cake,Sweet\n1,,,3.00,,Tea,\n"
    sync(sqlite, tmp_path, lines)
    assert table_rows(sqlite, OrderLine, "title", "category") == [("Cake", "Sweet"), ("Tea", None)]


@pytest.mark.parametrize("currency", ["euros", "EURO"])
def test_a_currency_is_written_as_its_code(currency: str, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"Write EUR|three letters"):
        connect_source(tmp_path, f"{ORDERS}    currency: {currency}\n")
