"""The currency of the rows of an order file.

It may stand in a column, or in the heading of the amounts: `Total (USD)`. Where the owner names the
column, each order has its own currency; otherwise rows in another one than the file's are set
aside. A sign beside an amount is read with the amount.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from connectors.csv.cells.currency_marks import currencies_of, other_currency_error
from connectors.csv.cells.date_words import fold
from connectors.csv.rows import CsvRow
from connectors.csv.table import Table

HEADINGS = frozenset((
    "currency", "currency code", "order currency", "moeda", "moneda", "divisa", "devise",
    "wahrung", "waehrung", "valuta", "munt", "valutakod", "waluta",
))  # fmt: skip
IN_HEADING = re.compile(r"[(\[]\s*([^\W\d_]{3}|[^\w\s]|[^\W\d_]{1,3}\$)\s*[)\]]")


def set_aside_other_currencies(
    csv_rows: Iterable[CsvRow], table: Table, columns: Mapping[str, int], currency: str
) -> Iterator[CsvRow]:
    """Yield `csv_rows`; those in another currency than `currency` have a fault.

    Not where the owner has named the column of currencies.
    """
    if "currency" in columns:
        yield from csv_rows
        return
    index = next(
        (index for index, heading in enumerate(table.columns) if fold(heading) in HEADINGS), None
    )
    heading_fault = _other_currency(_mark_in_heading(table, columns), currency)
    for row in csv_rows:
        own_cell = row.fields[index] if index is not None and index < len(row.fields) else ""
        fault = row.fault or heading_fault or _other_currency(own_cell, currency)
        yield replace(row, fault=fault) if fault else row


def row_currency(written: str, currency: str) -> str | None:
    """Return the code that a cell of currencies means; `currency` for an empty one.

    A sign of several currencies is that of the file, if it is among them. None where it is none.
    """
    if not written:
        return currency
    currencies = currencies_of(written)
    if currency in currencies:
        return currency
    return min(currencies) if len(currencies) == 1 else None


def _mark_in_heading(table: Table, columns: Mapping[str, int]) -> str:
    match = IN_HEADING.search(table.columns[columns["total"]])
    return match[1] if match else ""


def _other_currency(mark: str, currency: str) -> str | None:
    """Return why a row with this `mark` cannot be used; None for no mark and the shop's own."""
    currencies = currencies_of(mark) if mark else frozenset()
    if not currencies or currency in currencies:
        return None
    return other_currency_error(mark, currency)
