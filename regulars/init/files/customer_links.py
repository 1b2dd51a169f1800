"""Finds the list of customers whose numbers a file of orders or answers uses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from connectors.csv.presets.registry import get_preset
from connectors.csv.table import inspect_table
from regulars.init.answers import CsvFile
from regulars.init.render_config import named_sources
from shop.identity.customer_numbers import canonical_number

SAMPLE_SIZE = 1_000
CUSTOMERS = "customers"


def link_customers(files: Sequence[CsvFile], folder: Path) -> tuple[CsvFile, ...]:
    """Return `files`, those of orders and answers with the source of their customers.

    With one list of customers or none there is nothing to choose. `folder` is that of the config.
    """
    lists = {
        name: csv_file
        for name, csv_file in named_sources(files)
        if csv_file.holds == CUSTOMERS and not csv_file.missing
    }
    if len(lists) < 2:
        return tuple(files)
    return tuple(
        replace(csv_file, customers_of=_find_list(csv_file, lists, folder))
        if csv_file.holds in ("orders", "answers") and not csv_file.missing
        else csv_file
        for csv_file in files
    )


def _find_list(csv_file: CsvFile, lists: dict[str, CsvFile], folder: Path) -> str | None:
    """Return the list that has most of the file's customer numbers; None for e-mail addresses.

    Where none has any of them, it is the list of the same program.
    """
    cells = _column(csv_file, folder)
    numbers = {
        canonical_number(cell) for cell in islice(cells, SAMPLE_SIZE) if cell and "@" not in cell
    }
    matches = {
        name: sum(canonical_number(cell) in numbers for cell in _column(customers, folder))
        for name, customers in lists.items()
        if "customer" in customers.columns
    }
    best = max(matches, key=lambda name: matches[name], default=None)
    if best and matches[best]:
        return best
    program = _program(csv_file)
    siblings = (name for name in matches if program and _program(lists[name]) == program)
    return next(siblings, None) if numbers else None


def _program(csv_file: CsvFile) -> str | None:
    preset = get_preset(csv_file.preset)
    return preset.program if preset else None


def _column(csv_file: CsvFile, folder: Path) -> Iterable[str]:
    table = inspect_table(folder / csv_file.file, csv_file.file)
    index = table.index_of(csv_file.columns["customer"], csv_file.file)
    return (row.cells[index] for row in table.rows() if not row.fault and index < len(row.cells))
