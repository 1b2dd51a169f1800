"""Decides for a whole column of dates which of two numbers is the day."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from enum import StrEnum

from connectors.csv.cells.date_words import month_comes_first

COMMON = re.compile(r"(\d{1,2})([/.\-])(\d{1,2})\2\d{2}")
NUMBERS = re.compile(
    r"(?:\d{1,2}:\d{2}\S*(?: [ap]\.?m\.?)?[ ,-]+)?(?:[^\W\d_]+\.?,? )?"  # a time, a weekday
    r"(\d{1,2}) ?([/.\- ]) ?(\d{1,2})(?: ?\2 ?'?\d{2,4})?\b.*",
    re.IGNORECASE,
)
YEAR_FIRST = re.compile(r"\d{4}(?:[-/.]|\d{4}\b)")
DAY_NUMBER = re.compile(r"[1-6]\d{4}(?:[.,]\d+)?")
SECONDS = re.compile(r"\d{9,10}|\d{12,13}")
HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212"), "-")
MAX_EXCEPTIONS = 0.05  # so few cells in the other order are mistakes; more, and the column is mixed


class DateOrder(StrEnum):
    """Which of two numbers is the day, or which single number all cells are."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"
    DAY_NUMBERS = "a spreadsheet's day numbers"
    SECONDS = "seconds since 1970"


class AmbiguousOrder(StrEnum):
    """Why a column does not show its date order."""

    UNDETERMINED = "either"
    CONTRADICTORY = "both"


class DateOrderTally:
    """Counts what the cells of one column show."""

    def __init__(self) -> None:
        self._kinds: Counter[DateOrder | AmbiguousOrder | None] = Counter()

    def add(self, cell: str) -> None:
        if cell:
            self._kinds[_order_of(without_marks(cell))] += 1

    def order(self) -> DateOrder | AmbiguousOrder | None:
        """Return the date order of the column; None where no cell needs one."""
        kinds = self._kinds
        for single_number in (DateOrder.DAY_NUMBERS, DateOrder.SECONDS):
            if kinds and kinds[single_number] == kinds.total():
                return single_number
        days, months = kinds[DateOrder.DAY_FIRST], kinds[DateOrder.MONTH_FIRST]
        if min(days, months) > MAX_EXCEPTIONS * (days + months):
            return AmbiguousOrder.CONTRADICTORY
        if days or months:
            return DateOrder.DAY_FIRST if days > months else DateOrder.MONTH_FIRST
        return AmbiguousOrder.UNDETERMINED if kinds[AmbiguousOrder.UNDETERMINED] else None


def without_marks(cell: str) -> str:
    """Return `cell` with plain hyphens, without a spreadsheet's apostrophe and invisible marks."""
    text = cell.removeprefix("'")
    if text.isascii():
        return text
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return visible.translate(HYPHENS).strip()


def order_of_country(country: str) -> DateOrder | None:
    """Return how dates are written in `country`; None where they begin with the year."""
    month_first = month_comes_first(country)
    if month_first is None:
        return None
    return DateOrder.MONTH_FIRST if month_first else DateOrder.DAY_FIRST


def day_and_month(match: re.Match[str], order: DateOrder | None) -> tuple[int, int]:
    """Return day and month of two numbers with a mark between them (groups 1, 3 and 2)."""
    first, second = int(match[1]), int(match[3])
    month_first = order is DateOrder.MONTH_FIRST and match[2] != "."
    return (second, first) if month_first else (first, second)


def _order_of(cell: str) -> DateOrder | AmbiguousOrder | None:
    """Return what one cell shows; None where it needs no order."""
    if YEAR_FIRST.match(cell):
        return None
    match = COMMON.match(cell)
    if match is None:
        if DAY_NUMBER.fullmatch(cell):
            return DateOrder.DAY_NUMBERS
        if SECONDS.fullmatch(cell):
            return DateOrder.SECONDS
        match = NUMBERS.fullmatch(cell)
    if match is None or match[2] == ".":
        return None  # with points the day comes first everywhere
    return _order_of_numbers(int(match[1]), int(match[3]))


def _order_of_numbers(first: int, second: int) -> DateOrder | AmbiguousOrder | None:
    if first == second or max(first, second) > 31 or min(first, second) > 12:
        return None
    if max(first, second) <= 12:
        return AmbiguousOrder.UNDETERMINED
    return DateOrder.DAY_FIRST if first > 12 else DateOrder.MONTH_FIRST
