"""Cells of a sheet whose value is not in the file: formulas that no program has calculated.

A program that writes a workbook without calculating it leaves the value of a formula out. Cells
with an error, such as #REF!, have no value either: their text is that of the error.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import islice, zip_longest

# The text of a formula without a value. No column reads it as a value; one of consent as unread.
UNCALCULATED = "=?"
ERRORS = ("#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
OTHER_ERROR = "#ERROR!"
NOT_AVAILABLE = "#N/A"  # a lookup without a match: the cell is read as an empty one
TEXTS = (UNCALCULATED, OTHER_ERROR, *ERRORS)
UNREAD_TEXTS = frozenset(TEXTS)
COLUMN_BITS, TEXT_BITS = 16, 4
MAX_NAMED = 3
SENTENCE = (
    "{count} of {name} {have} a formula whose value is not in the file ({cells}), so {they} cannot "
    "be read: in a column of consent {each} counts as no yes. Open the file in the spreadsheet "
    "program, save it there, and it holds the values."
)


class UnreadCells:
    """The places of such cells in one sheet: eight bytes each, whatever their number."""

    def __init__(self) -> None:
        self._packed = array("Q")
        self._is_sorted = True

    def __bool__(self) -> bool:
        return bool(self._packed)

    def add(self, row: int, column: int, error: str = "") -> None:
        """Note the cell at `row` and `column`, both from 1, with its `error` if it has one."""
        if error == NOT_AVAILABLE:
            return
        text = error if error in ERRORS else OTHER_ERROR
        code = TEXTS.index(text if error else UNCALCULATED)
        packed = ((row << COLUMN_BITS) | column) << TEXT_BITS | code
        self._is_sorted &= not self._packed or packed > self._packed[-1]
        self._packed.append(packed)

    @property
    def last_row(self) -> int:
        """The last row with such a cell; 0 without any."""
        return max(self._packed, default=0) >> TEXT_BITS >> COLUMN_BITS

    def cells(self) -> Iterator[tuple[int, int, str]]:
        """Yield row, column and text of each cell, in their order in the sheet."""
        if not self._is_sorted:  # rows of .xlsx may stand in any order
            self._packed, self._is_sorted = array("Q", sorted(self._packed)), True
        for packed in self._packed:
            place = packed >> TEXT_BITS
            row, column = place >> COLUMN_BITS, place & ((1 << COLUMN_BITS) - 1)
            yield row, column, TEXTS[packed & ((1 << TEXT_BITS) - 1)]

    def fill(self, rows: Iterator[list[str]]) -> Iterator[list[str]]:
        """Yield `rows` of the sheet, from its first one, with the texts of these cells in them.

        A row that holds nothing else may be missing at the end of `rows`.
        """
        cells = self.cells()
        unread = next(cells, None)
        padded = zip_longest(rows, range(self.last_row))
        for number, (given, _) in enumerate(padded, start=1):
            row = given or []
            while unread and unread[0] == number:
                _put(row, unread[1], unread[2])
                unread = next(cells, None)
            yield row

    def note(self, name: str) -> str | None:
        """Return what the owner should know about the sheet called `name`; None without formulas.

        It names the first cells: B2, B3, B4.
        """
        count = sum(text == UNCALCULATED for _, _, text in self.cells())
        if not count:
            return None
        formulas = (cell for cell in self.cells() if cell[2] == UNCALCULATED)
        named = [f"{column_name(column)}{row}" for row, column, _ in islice(formulas, MAX_NAMED)]
        more = f" and {count - len(named):,} more" if count > len(named) else ""
        is_one = count == 1
        return SENTENCE.format(
            count="1 cell" if is_one else f"{count:,} cells",
            name=name,
            have="has" if is_one else "have",
            cells=f"{', '.join(named)}{more}",
            they="it" if is_one else "they",
            each="it" if is_one else "each",
        )


def _put(row: list[str], column: int, text: str) -> None:
    row.extend([""] * (column - len(row)))
    row[column - 1] = text


def column_name(number: int) -> str:
    """Return A for 1, AA for 27."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
