"""A file with the articles of another file's orders: they get their products, and count once."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from settings.errors import OwnerFileError
from shop.tables import Order, OrderLine
from tests.connectors.corner_cafe import connect_source, hours_later, run_sync, table_rows

YAML = """\
sources:
  payments:
    from: csv
    holds: orders
    file: payments.csv
    columns: {customer: Who, when: When, total: Paid, order: No}
  items:
    from: csv
    holds: orders
    file: items.csv
    lines of: payments
    columns: {customer: Who, when: When, total: Net, order: No, product: Item, quantity: Qty}
"""
PAYMENTS = "No,Who,When,Paid\ntx1,ana@example.com,2026-02-01,13.00\n"
MORE_PAYMENTS = f"{PAYMENTS}tx2,bruno@example.com,2026-02-02,4.50\n"
ITEMS = """\
No,Who,When,Net,Item,Qty
tx1,ana@example.com,2026-02-01,4.00,Latte,1
tx1,ana@example.com,2026-02-01,8.00,Cake,2
tx2,bruno@example.com,2026-02-02,4.00,Espresso,1
"""
LINES = [("tx1", "Latte", 1), ("tx1", "Cake", 2), ("tx2", "Espresso", 1)]


def sync(engine: Engine, folder: Path, *names: str, hours: int) -> None:
    for name in names:
        connector = connect_source(folder, YAML, name)
        run_sync(engine, connector, name=name, now=hours_later(hours))


def lines(engine: Engine) -> list[tuple[object, ...]]:
    rows = table_rows(engine, OrderLine, "position", "source", "order_key", "title", "quantity")
    assert {row[1] for row in rows} <= {"payments"}
    return [row[2:] for row in sorted(rows, key=lambda row: (row[2], row[0]))]


def orders(engine: Engine) -> list[tuple[object, ...]]:
    return sorted(table_rows(engine, Order, "source", "external_id", "total"))


@pytest.mark.parametrize("names", [("payments", "items"), ("items", "payments")])
def test_orders_get_the_articles_and_keep_their_totals(
    names: tuple[str, ...], engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "payments.csv").write_text(MORE_PAYMENTS)
    (tmp_path / "items.csv").write_text(ITEMS)
    sync(engine, tmp_path, *names, hours=0)
    assert orders(engine) == [("payments", "tx1", 1300), ("payments", "tx2", 450)]
    assert lines(engine) == LINES


def test_articles_that_arrive_later_or_stay_as_they_are(sqlite: Engine, tmp_path: Path) -> None:
    (tmp_path / "payments.csv").write_text(PAYMENTS)
    sync(sqlite, tmp_path, "payments", hours=0)
    (tmp_path / "items.csv").write_text(ITEMS)
    sync(sqlite, tmp_path, "items", hours=1)
    assert lines(sqlite) == LINES
    (tmp_path / "payments.csv").write_text(MORE_PAYMENTS)
    sync(sqlite, tmp_path, "items", "payments", hours=2)  # the items have not changed
    assert lines(sqlite) == LINES
    assert orders(sqlite) == [("payments", "tx1", 1300), ("payments", "tx2", 450)]


def test_an_article_that_was_removed_is_gone(sqlite: Engine, tmp_path: Path) -> None:
    (tmp_path / "payments.csv").write_text(MORE_PAYMENTS)
    (tmp_path / "items.csv").write_text(ITEMS)
    sync(sqlite, tmp_path, "payments", "items", hours=0)
    (tmp_path / "items.csv").write_text(ITEMS.replace(ITEMS.splitlines()[2] + "\n", ""))
    sync(sqlite, tmp_path, "items", hours=1)
    assert lines(sqlite) == [LINES[0], LINES[2]]


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        ("payment", 'there is no source "payment". Did you mean "payments"?'),
        ("items", "items is no other file of orders"),
    ],
)
def test_articles_of_no_orders_are_a_mistake(other: str, problem: str, tmp_path: Path) -> None:
    yaml = YAML.replace("lines of: payments", f"lines of: {other}")
    with pytest.raises(OwnerFileError) as mistake:
        connect_source(tmp_path, yaml, "items")
    assert problem in str(mistake.value)
