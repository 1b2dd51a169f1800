"""Parses amounts of money, with the decimal mark that the column as a whole shows."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from connectors import parse_values
from connectors.csv.cells.currency_marks import currencies_of, other_currency_error
from shop.types.money import decimals

NO_AMOUNT = "The total is no amount of money."
PLAIN_NUMBER = re.compile(r"-?[0-9][0-9.,]*")
REPEATED_MARK = re.compile(r"[.,]{2}")
GROUPED = r"[0-9]{1,3}(?:[\s'’_][0-9]{3})+(?:[.,][0-9]*)?"
NUMBER = re.compile(rf"[^0-9]*?({GROUPED}(?![0-9])|[0-9.,]*[0-9][0-9.,]*)[^0-9]*")
MARK = re.compile(r"[^\W\d_]+[$/]\.?|[^\W\d_]+\.?|[^\w\s]")
# Signs of an amount that is below zero, and the dash for no cents: 12.- or 12,--
MINUS_SIGNS, DASHES = "-−", "-−–—"
# So few cells with the other decimal mark are mistakes of their own.
MAX_EXCEPTIONS = 0.05


class WrittenAmount(NamedTuple):
    """The number in a cell, and the marks of currencies beside it."""

    digits: str
    marks: tuple[str, ...] = ()


class DecimalMarkTally:
    """Counts the decimal marks that the cells of one column show."""

    def __init__(self) -> None:
        self._marks: Counter[str] = Counter()

    def add(self, cell: str) -> None:
        written = split_amount(cell)
        if written and (mark := unambiguous_mark(written.digits)):
            self._marks[mark] += 1

    def decimal_mark(self) -> str | None:
        """Return the decimal mark of the column; None where no cell shows it, or they disagree."""
        if not self._marks:
            return None
        mark, count = self._marks.most_common(1)[0]
        exceptions = self._marks.total() - count
        return mark if exceptions <= MAX_EXCEPTIONS * self._marks.total() else None


@lru_cache(maxsize=4096)
def parse_amount(cell: str, currency: str, mark: str | None) -> int | str:
    """Return `cell` in minor units, negative or not, or the reason why it cannot be parsed.

    `mark` is the column's decimal mark, for a `cell` such as 1.234 that does not show its own.
    """
    written = split_amount(cell)
    if written is None:
        return NO_AMOUNT
    for sign in written.marks:
        currencies = currencies_of(sign)
        if not currencies and unicodedata.category(sign[0]) != "Sc":
            return NO_AMOUNT
        if currency not in currencies:
            return other_currency_error(sign, currency)
    digits = written.digits
    mark = unambiguous_mark(digits) or mark or _mark_by_currency(digits, currency)
    if mark is None:
        return "The total may be thousands or not: write it with its decimals."
    amount = digits.replace("," if mark == "." else ".", "").replace(mark, ".")
    amount = amount.removesuffix(".").replace("-.", "-0.")
    units = parse_values.minor_units(f"0{amount}" if amount.startswith(".") else amount, currency)
    return NO_AMOUNT if units is None else units


def split_amount(cell: str) -> WrittenAmount | None:
    """Return the number of `cell` and what stands around it; None where there is no one number."""
    if REPEATED_MARK.search(cell):
        return None
    if PLAIN_NUMBER.fullmatch(cell):
        return WrittenAmount(cell)
    text = unicodedata.normalize("NFKC", cell).strip()
    match = NUMBER.fullmatch(text)
    if not match:
        return None
    before, after = text[: match.start(1)].strip(), text[match.end(1) :].strip()
    digits = re.sub(r"[\s'’_]", "", match[1])
    if digits.endswith((".", ",")) and after[:1] in (*DASHES, ""):
        after = after.lstrip(DASHES)
    negative = (before.startswith("(") and after.endswith(")")) or any(
        sign in before[:1] + before[-1:] + after[:1] + after[-1:] for sign in MINUS_SIGNS
    )
    marks = (*MARK.findall(before.strip("()+-− ")), *MARK.findall(after.strip("()+-−– ")))
    return WrittenAmount(f"-{digits}" if negative else digits, marks)


def unambiguous_mark(digits: str) -> str | None:
    """Return the decimal mark that `digits` alone show: a comma in 11,77, a point in 1,234.50."""
    point, comma = digits.rfind("."), digits.rfind(",")
    if point >= 0 and comma >= 0:
        return "." if point > comma else ","
    if point < 0 and comma < 0:
        return None
    mark = "." if point >= 0 else ","
    if digits.count(mark) > 1:
        return "," if mark == "." else "."
    before, after = digits.lstrip("-").split(mark)
    grouped = len(after) == 3 and 1 <= len(before) <= 3 and before != "0"
    return None if grouped else mark


def _mark_by_currency(digits: str, currency: str) -> str | None:
    """Return the decimal mark that the currency's number of decimals implies, if it implies one."""
    if "." not in digits and "," not in digits:
        return "."
    mark = "." if "." in digits else ","
    other = "," if mark == "." else "."
    return {0: other, 3: mark}.get(decimals(currency))
