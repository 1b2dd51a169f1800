"""Finds birthdays that stand for none: a 1 January that far too many rows of a file share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from connectors.csv.cells import dates
from connectors.csv.cells.date_order import DateOrder

# What programs and people write where a birthday is not known: 1 January of any year, and the day
# before the first of Unix, which a western time zone makes of it.
PLACEHOLDER_DAY, PLACEHOLDER_DATES = "01-01", ("1969-12-31",)
# One in 365 people has that day, one in twenty thousand has it in a certain year.
MIN_ROWS, SAME_DATE_SHARE, SAME_DAY_SHARE = 5, 0.01, 0.05
MAX_DISTINCT = 100_000
ANY_YEAR = 2099  # of two digits: it only has to be the same year in all rows
SHOWN_CELLS = 3


class BirthdayTally:
    """Counts how often each cell of a column of birthdays occurs."""

    def __init__(self) -> None:
        self._cells: Counter[str] = Counter()
        self.filled = 0

    def add(self, cell: str) -> None:
        if cell:
            self.filled += 1
            if cell in self._cells or len(self._cells) < MAX_DISTINCT:
                self._cells[cell] += 1

    def shared_birthdays(self, order: DateOrder | None) -> SharedBirthdays:
        """Return the cells whose day too many rows share, read in the column's `order`."""
        cells_by_date: defaultdict[str, list[str]] = defaultdict(list)
        for cell in self._cells:
            if birthday := dates.parse_birthday(cell, order, ANY_YEAR):
                cells_by_date[birthday].append(cell)
        counts = {
            birthday: sum(self._cells[cell] for cell in cells)
            for birthday, cells in cells_by_date.items()
        }
        shared = set(_shared_dates(counts, self.filled))
        return SharedBirthdays(
            frozenset(cell for birthday in shared for cell in cells_by_date[birthday]),
            {birthday: (counts[birthday], cells_by_date[birthday]) for birthday in sorted(shared)},
            self.filled,
        )


@dataclass(frozen=True)
class SharedBirthdays:
    """Cells that stand for no birthday; by date how many of `filled` cells there are, and which."""

    cells: frozenset[str] = frozenset()
    by_date: Mapping[str, tuple[int, list[str]]] = field(default_factory=dict)
    filled: int = 0

    def __str__(self) -> str:
        """`40 of 40 birthdays are 1 January (1970-01-01, 2000-01-01)`, or nothing."""
        month_days = sorted({birthday[-5:] for birthday in self.by_date})
        return ", ".join(map(self._describe_day, month_days))

    def _describe_day(self, month_day: str) -> str:
        same_day = [group for birthday, group in self.by_date.items() if birthday[-5:] == month_day]
        count = sum(cell_count for cell_count, _ in same_day)
        written = [cell for _, cells in same_day for cell in cells]
        shown = [*written[:SHOWN_CELLS], *(["…"] if len(written) > SHOWN_CELLS else [])]
        day = date.fromisoformat(f"2000-{month_day}")
        return f"{count:,} of {self.filled:,} birthdays are {day.day} {day:%B} ({', '.join(shown)})"


def _shared_dates(counts: Mapping[str, int], filled: int) -> Iterator[str]:
    """Yield each placeholder that more rows have than people can."""
    candidates = {
        birthday: count
        for birthday, count in counts.items()
        if birthday[-5:] == PLACEHOLDER_DAY or birthday in PLACEHOLDER_DATES
    }
    if sum(candidates.values()) >= max(MIN_ROWS, SAME_DAY_SHARE * filled):
        yield from candidates
        return
    for birthday, count in candidates.items():
        if birthday[0] != "-" and count >= max(MIN_ROWS, SAME_DATE_SHARE * filled):
            yield birthday
