"""Rows of an order file in another currency, said beside the amounts and not with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.csv.cells.currency_marks import other_currency_error
from shop.tables import Order, QuarantinedRecord
from tests.connectors.corner_cafe import connect_source, run_sync, table_rows

ORDERS = """\
sources:
  old-till:
    from: csv
    holds: orders
    file: till.csv
    columns: {{customer: Who, when: When, total: "{total}"}}
"""


def sync(shop: Engine, folder: Path, text: str, total: str = "Paid") -> list[tuple[str, str]]:
    (folder / "till.csv").write_text(text, encoding="utf-8")
    run_sync(shop, connect_source(folder, ORDERS.format(total=total)), name="old-till")
    return [(key, reason) for key, reason in table_rows(
        shop, QuarantinedRecord, "record_key", "reason")]  # fmt: skip


@pytest.mark.parametrize("heading", ["Currency", "currency code", "Währung", "Moeda"])
def test_a_column_of_currencies_counts_though_nobody_named_it(
    heading: str, sqlite: Engine, tmp_path: Path
) -> None:
    rows = "a,2026-02-03,2.00,{}\n"
    text = f"Who,When,Paid,{heading}\n" + "".join(map(rows.format, ("EUR", "USD", "€", "$", "")))
    assert sync(sqlite, tmp_path, text) == [
        ("line 3", other_currency_error("USD", "EUR")),
        ("line 5", other_currency_error("$", "EUR")),
    ]
    assert len(table_rows(sqlite, Order)) == 3


@pytest.mark.parametrize(
    ("heading", "sign"),
    [("Paid (USD)", "USD"), ("Paid [$]", "$"), ("Paid (€)", None), ("Paid (net)", None)],
)
def test_the_heading_of_the_amounts_may_name_their_currency(
    heading: str, sign: str | None, sqlite: Engine, tmp_path: Path
) -> None:
    reasons = sync(sqlite, tmp_path, f"Who,When,{heading}\na,2026-02-03,2.00\n", heading)
    assert reasons == ([("line 2", other_currency_error(sign, "EUR"))] if sign else [])
