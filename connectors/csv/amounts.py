"""Parses amounts of money, with the decimal mark that the column as a whole shows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from connectors import parse_values
from shop.types.money import decimals

SEPARATORS = re.compile(r"[\s'’_]+")
CURRENCY_CODE = re.compile(r"^([A-Za-z]{3})|([A-Za-z]{3})$")
PLAIN_NUMBER = re.compile(r"-?[0-9][0-9.,]*")
NUMBER = re.compile(r"(-?)([0-9.,]+)(-?)")
# Currency signs that Unicode classifies as letters.
CURRENCY_SIGNS = re.compile(r"^(R\$|Fr\.|kr\.?|zł|Kč)|(kr\.?|zł|Kč|Fr\.)$", re.IGNORECASE)


def decimal_mark(values: Iterable[str]) -> str | None:
    """Return the decimal mark that `values` show; None where none does, or they disagree."""
    marks: set[str] = set()
    for cell in values:
        if mark := unambiguous_mark(_digits(cell)):
            marks.add(mark)
    return marks.pop() if len(marks) == 1 else None


def parse_amount(cell: str, currency: str, mark: str | None) -> int | str:
    """Return `cell` in minor units, or the reason why it cannot be parsed.

    `mark` is the column's decimal mark, for a `cell` such as 1.234 that does not show its own.
    """
    digits = _digits(cell)
    if not digits:
        return "The total is no amount of money."
    code = CURRENCY_CODE.search(cell.strip())
    if code and code[0].upper() != currency:
        return f"The total is not in {currency}."
    mark = unambiguous_mark(digits) or mark or _mark_by_currency(digits, currency)
    if mark is None:
        return "The total may be thousands or not: write it with its decimals."
    amount = digits.replace("," if mark == "." else ".", "").replace(mark, ".")
    amount = amount.removesuffix(".").replace("-.", "-0.")
    units = parse_values.minor_units(f"0{amount}" if amount.startswith(".") else amount, currency)
    if units is None:
        return "The total is no amount of money."
    return "The total is negative." if units < 0 else units


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


def _digits(cell: str) -> str:
    """Return the number without currency sign and spaces; empty where there is no number."""
    if PLAIN_NUMBER.fullmatch(cell):
        return cell
    text = SEPARATORS.sub("", cell)
    negative = text.startswith("(") and text.endswith(")")
    text = CURRENCY_SIGNS.sub("", CURRENCY_CODE.sub("", text.strip("()")))
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Sc")
    match = NUMBER.fullmatch(text)
    if not match or not re.search("[0-9]", match[2]):
        return ""
    return ("-" if negative or match[1] or match[3] else "") + match[2]
