"""The columns of a file by their roles, and its rows with their cells by role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connectors.csv.config import AnswerColumns, CustomerColumns, OrderColumns
from connectors.csv.rows import OWN_COLUMN, CsvRow, cell_fault, without_unread_texts
from connectors.csv.table import Table

CsvColumns = CustomerColumns | OrderColumns | AnswerColumns


def column_names(columns: CsvColumns) -> list[str]:
    """Return the names of the configured columns in the file."""
    return list(columns_by_role(columns).values())


def columns_by_role(columns: CsvColumns) -> dict[str, str]:
    """Return the configured columns by role; of several, the second has the role "said_no 2".

    The owner's own column `allergy` has the role "my allergy".
    """
    own = columns.my_columns if isinstance(columns, CustomerColumns) else {}
    own_roles = {f"{OWN_COLUMN}{name}": column for name, column in own.items()}
    return own_roles | {
        role if position == 1 else f"{role} {position}": column
        for role, configured in columns
        if configured is not None and role != "my_columns"
        for position, column in enumerate(
            [configured] if isinstance(configured, str) else configured, start=1
        )
    }


def column_indexes(table: Table, columns: CsvColumns, source: str) -> dict[str, int]:
    """Return the index of each configured column; raises `OwnerFileError` for a missing one."""
    return {
        role: table.index_of(column, source) for role, column in columns_by_role(columns).items()
    }


def iter_rows(table: Table, columns: Mapping[str, int]) -> Iterator[CsvRow]:
    """Yield rows with their cells by role; a cell missing at the end of a row is empty."""
    for row in table.rows():
        cells = {
            role: row.cells[index] if index < len(row.cells) else ""
            for role, index in columns.items()
        }
        fault = row.fault or cell_fault(table.columns, columns, cells)
        yield CsvRow(row.number, without_unread_texts(cells), fault, row.cells)
