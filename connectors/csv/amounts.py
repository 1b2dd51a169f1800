"""Amounts as people write them; what the point in 1.234 means is asked of the whole column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from connectors import parse_values
from shop.types.money import decimals

SPACES = re.compile(r"[\s'’_]+")
CODE = re.compile(r"^([A-Za-z]{3})|([A-Za-z]{3})$")
PLAINLY = re.compile(r"-?[0-9][0-9.,]*")
NUMBER = re.compile(r"(-?)([0-9.,]+)(-?)")
# Signs of currencies that Unicode takes for letters.
SIGNS = re.compile(r"^(R\$|Fr\.|kr\.?|zł|Kč)|(kr\.?|zł|Kč|Fr\.)$", re.IGNORECASE)


def decimal_mark(values: Iterable[str]) -> str | None:
    """The mark that some value of a column shows to be the decimal one; None if both or none."""
    seen: set[str] = set()
    for value in values:
        if mark := shown_mark(_digits(value)):
            seen.add(mark)
    return seen.pop() if len(seen) == 1 else None


def minor_units(value: str, currency: str, mark: str | None) -> int | str:
    """The amount in the currency's smallest coin, or in words why it cannot be said."""
    digits = _digits(value)
    if not digits:
        return "The total is no amount of money."
    code = CODE.search(value.strip())
    if code and code[0].upper() != currency:
        return f"The total is not in {currency}."
    mark = shown_mark(digits) or mark or _by_currency(digits, currency)
    if mark is None:
        return "The total may be thousands or not: write it with its decimals."
    whole = digits.replace("," if mark == "." else ".", "").replace(mark, ".")
    whole = whole.removesuffix(".").replace("-.", "-0.")
    units = parse_values.minor_units(f"0{whole}" if whole.startswith(".") else whole, currency)
    if units is None:
        return "The total is no amount of money."
    return "The total is negative." if units < 0 else units


def shown_mark(digits: str) -> str | None:
    """The decimal mark that this very number shows: the comma of 11,77, the point of 1,234.50."""
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


def _by_currency(digits: str, currency: str) -> str | None:
    """Where nobody shows it: what the coins of the currency allow."""
    if "." not in digits and "," not in digits:
        return "."
    mark = "." if "." in digits else ","
    other = "," if mark == "." else "."
    return {0: other, 3: mark}.get(decimals(currency))


def _digits(value: str) -> str:
    """The number alone: no sign of a currency, no blanks; empty where there is none."""
    if PLAINLY.fullmatch(value):
        return value
    bare = SPACES.sub("", value)
    negative = bare.startswith("(") and bare.endswith(")")
    bare = SIGNS.sub("", CODE.sub("", bare.strip("()")))
    bare = "".join(sign for sign in bare if unicodedata.category(sign) != "Sc")
    found = NUMBER.fullmatch(bare)
    if not found or not re.search("[0-9]", found[2]):
        return ""
    return ("-" if negative or found[1] or found[3] else "") + found[2]
