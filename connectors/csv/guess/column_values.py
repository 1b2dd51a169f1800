"""Summarises the values of a file's columns, to tell what a column holds whatever it is called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connectors.csv.table import Table

MAX_DISTINCT = 200
MAX_LETTERS = 60
ADDRESS = re.compile(r"[^\s@]@[^\s@]+\.[^\s@]")  # searched for in texts of any length
DATE = re.compile(
    r"\d{4}-?\d{2}-?\d{2}\b.*|\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}\b.*|-{2}\d{2}-\d{2}"
    r"|\d{1,2}[/.]\d{1,2}\.?|\d{1,2}\.? ?[^\W\d]{3,}\.?,? ?(?:\d{2,4}\b.*)?"
    r"|(?:[^\W\d]{2,9}\.?,? )?[^\W\d]{3,}\.? \d{1,2}\b.*|\d{10}|\d{13}"
)
AMOUNT = re.compile(r"[^\w.,+-]{0,3}[A-Z]{0,3}[^\w.,]{0,3}-?\d[\d.,'\s\u00a0\u202f]*\D{0,5}")
TIME_OF_DAY = re.compile(r"\d{1,2}[:.h]\d{2}(?:[:.]\d{2})?(?:\.\d+)?\s*(?:[ap]\.?m\.?)?", re.I)
WHOLE_NUMBER = re.compile(r"\d{1,7}(?:[.,]0+)?")


@dataclass
class ColumnValues:
    """What was seen in a column: how many cells are filled, and some of the distinct values.

    `distinct` counts every value until there are more than MAX_DISTINCT of them; later ones are
    then left out.
    """

    filled: int = 0
    distinct: Counter[str] = field(default_factory=Counter)
    is_complete: bool = True

    def add(self, cell: str) -> None:
        self.filled += 1
        value = cell[:MAX_LETTERS]
        if value in self.distinct or len(self.distinct) < MAX_DISTINCT:
            self.distinct[value] += 1
        else:
            self.is_complete = False

    def share(self, fits: Callable[[str], object]) -> float:
        """Return the share of the seen values for which `fits` is true; 1 where none was seen."""
        if not self.distinct:
            return 1.0
        return sum(1 for value in self.distinct if fits(value)) / len(self.distinct)


ValuesByColumn = Mapping[str, ColumnValues]


def summarize_columns(table: Table) -> tuple[int, dict[str, ColumnValues]]:
    """Return the number of rows of `table` and the values of each column, in one pass.

    Columns of the same name are summarised together.
    """
    by_name: dict[str, ColumnValues] = {name: ColumnValues() for name in table.columns}
    values = [by_name[name] for name in table.columns]
    row_count = 0
    for row in table.rows():
        row_count += 1
        for column, cell in zip(values, row.cells if not row.fault else (), strict=False):
            if cell:
                column.add(cell)
    return row_count, by_name


def is_address(cell: str) -> bool:
    return ADDRESS.search(cell) is not None


def is_date(cell: str) -> bool:
    return DATE.fullmatch(cell) is not None


def is_time_of_day(cell: str) -> bool:
    return TIME_OF_DAY.fullmatch(cell) is not None


def is_amount(cell: str) -> bool:
    return AMOUNT.fullmatch(cell.strip("() ")) is not None


def is_whole_number(cell: str) -> bool:
    return WHOLE_NUMBER.fullmatch(cell) is not None


def is_phone(cell: str) -> bool:
    return sum(letter.isdigit() for letter in cell) >= 5 and not is_address(cell)


def has_several_words(cell: str) -> bool:
    return len(cell.split()) > 1
