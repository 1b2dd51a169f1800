"""Comparisons in words, such as `at least 15`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Self

from settings.text_value import TextValue, quoted


class Op(StrEnum):
    """The comparison operators."""

    AT_LEAST = "at least"
    AT_MOST = "at most"
    MORE_THAN = "more than"
    LESS_THAN = "less than"
    EXACTLY = "exactly"


OPERATORS: dict[Op, Callable[[Decimal | int, Decimal], bool]] = {
    Op.AT_LEAST: operator.ge,
    Op.AT_MOST: operator.le,
    Op.MORE_THAN: operator.gt,
    Op.LESS_THAN: operator.lt,
    Op.EXACTLY: operator.eq,
}
NUMBER = r"-?(?:[0-9]{1,3}(?:,[0-9]{3}){1,3}|[0-9]{1,12})(?:\.[0-9]{1,4})?"
OP_SYNONYMS = {
    **dict.fromkeys((">=", "=>", "≥", "minimum", "min", "from"), Op.AT_LEAST),
    **dict.fromkeys(("<=", "=<", "≤", "maximum", "max", "up to"), Op.AT_MOST),
    **dict.fromkeys((">", "over", "above", "greater than"), Op.MORE_THAN),
    **dict.fromkeys(("<", "under", "below", "fewer than", "smaller than"), Op.LESS_THAN),
    **dict.fromkeys(("=", "==", "equals", "equal to", "is"), Op.EXACTLY),
}


@dataclass(frozen=True)
class Comparison(TextValue):
    """An operator and the number to compare with."""

    op: Op
    number: Decimal

    json_schema: ClassVar[dict[str, Any]] = {
        "type": "string",
        "pattern": f"^({'|'.join(Op)}) {NUMBER}$",
        "examples": ["at least 15", "at most 2", "exactly 0"],
        "description": "At least, at most, more than, less than or exactly, then a number.",
    }

    def holds(self, value: Decimal | int) -> bool:
        """Whether `value` satisfies the comparison."""
        return OPERATORS[self.op](value, self.number)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses `at least 15`, `more than 1,000` or `exactly 0`; raises ValueError."""
        match = re.fullmatch(f"({'|'.join(Op)}) ({NUMBER})", text)
        if not match:
            raise ValueError(_suggest_comparison(text.casefold()))
        if re.fullmatch(r"-?[1-9][0-9]{0,2}\.[0-9]{3}", match[2]):
            as_thousands, as_fraction = match[2].replace(".", ""), match[2].split(".")[0]
            raise ValueError(
                f"Is {match[2]} a thousand or a fraction? Write {as_thousands} or {as_fraction}."
            )
        return cls(Op(match[1]), Decimal(match[2].replace(",", "")))

    def __str__(self) -> str:
        return f"{self.op} {self.number:f}"


def _suggest_comparison(text: str) -> str:
    if re.fullmatch(NUMBER, text):
        return f"{text} and how? Write at least {text}, at most {text} or exactly {text}."
    without_currency = re.sub(
        r"[€$£¥]|\b(?:eur|usd|gbp|chf|euros?|dollars?|pounds?)\b", "", text
    ).strip()
    suggestion = _canonical(" ".join(without_currency.split()))
    if suggestion and without_currency != text:
        return f"Write {suggestion}, without a currency: amounts are in the shop's own."
    if suggestion:
        return f"Write {suggestion}."
    return (
        f"{quoted(text)} does not compare. "
        "Write at least, at most, more than, less than or exactly, then a number, like at least 15."
    )


def _canonical(text: str) -> str | None:
    """Returns the canonical comparison for `>= 15`, `15 or more`, `over 15` or `at least 1,5`."""
    number = NUMBER.replace(r"\.", "[.,]")
    if match := re.fullmatch(rf"({number}) (or|and) (more|over|less|fewer|under)", text):
        op = Op.AT_LEAST if match[3] in ("more", "over") else Op.AT_MOST
        return f"{op} {_with_decimal_point(match[1])}"
    signs = "|".join(map(re.escape, sorted({*OP_SYNONYMS, *Op}, key=len, reverse=True)))
    if match := re.fullmatch(rf"({signs})? ?({number})", text):
        op = OP_SYNONYMS.get(match[1]) or Op(match[1] or Op.AT_LEAST)
        return f"{op} {_with_decimal_point(match[2])}"
    return None


def _with_decimal_point(number: str) -> str:
    return number if re.fullmatch(NUMBER, number) else number.replace(",", ".")
