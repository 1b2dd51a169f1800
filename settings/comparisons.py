"""Comparisons in words: "at least 15" says whether 15 itself counts."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Self

from settings.text_value import Spoken, quoted


class Op(StrEnum):
    """The ways to compare."""

    AT_LEAST = "at least"
    AT_MOST = "at most"
    MORE_THAN = "more than"
    LESS_THAN = "less than"
    EXACTLY = "exactly"


HOLDS: dict[Op, Callable[[Decimal | int, Decimal], bool]] = {
    Op.AT_LEAST: operator.ge,
    Op.AT_MOST: operator.le,
    Op.MORE_THAN: operator.gt,
    Op.LESS_THAN: operator.lt,
    Op.EXACTLY: operator.eq,
}
NUMBER = r"-?(?:[0-9]{1,3}(?:,[0-9]{3}){1,3}|[0-9]{1,12})(?:\.[0-9]{1,4})?"
MEANT = {
    **dict.fromkeys((">=", "=>", "≥", "minimum", "min", "from"), Op.AT_LEAST),
    **dict.fromkeys(("<=", "=<", "≤", "maximum", "max", "up to"), Op.AT_MOST),
    **dict.fromkeys((">", "over", "above", "greater than"), Op.MORE_THAN),
    **dict.fromkeys(("<", "under", "below", "fewer than", "smaller than"), Op.LESS_THAN),
    **dict.fromkeys(("=", "==", "equals", "equal to", "is"), Op.EXACTLY),
}


@dataclass(frozen=True)
class Comparison(Spoken):
    """A number to compare with, and how."""

    op: Op
    number: Decimal

    described: ClassVar[dict[str, Any]] = {
        "type": "string",
        "pattern": f"^({'|'.join(Op)}) {NUMBER}$",
        "examples": ["at least 15", "at most 2", "exactly 0"],
        "description": "At least, at most, more than, less than or exactly, then a number.",
    }

    def holds(self, value: Decimal | int) -> bool:
        """Whether the value is on the right side of the number."""
        return HOLDS[self.op](value, self.number)

    @classmethod
    def read(cls, text: str) -> Self:
        """At least 15, at most 2, more than 1,000, exactly 0."""
        found = re.fullmatch(f"({'|'.join(Op)}) ({NUMBER})", text)
        if not found:
            raise ValueError(_better(text.casefold()))
        if re.fullmatch(r"-?[1-9][0-9]{0,2}\.[0-9]{3}", found[2]):
            thousand, one = found[2].replace(".", ""), found[2].split(".")[0]
            raise ValueError(f"Is {found[2]} a thousand or a fraction? Write {thousand} or {one}.")
        return cls(Op(found[1]), Decimal(found[2].replace(",", "")))

    def __str__(self) -> str:
        return f"{self.op} {self.number:f}"


def _better(text: str) -> str:
    if re.fullmatch(NUMBER, text):
        return f"{text} and how? Write at least {text}, at most {text} or exactly {text}."
    bare = re.sub(r"[€$£¥]|\b(?:eur|usd|gbp|chf|euros?|dollars?|pounds?)\b", "", text).strip()
    said = _said(" ".join(bare.split()))
    if said and bare != text:
        return f"Write {said}, without a currency: amounts are in the shop's own."
    if said:
        return f"Write {said}."
    return (
        f"{quoted(text)} does not compare. "
        "Write at least, at most, more than, less than or exactly, then a number, like at least 15."
    )


def _said(text: str) -> str | None:
    """The right words for >= 15, 15 or more, over 15, at least 1,5."""
    number = NUMBER.replace(r"\.", "[.,]")
    if found := re.fullmatch(rf"({number}) (or|and) (more|over|less|fewer|under)", text):
        op = Op.AT_LEAST if found[3] in ("more", "over") else Op.AT_MOST
        return f"{op} {_pointed(found[1])}"
    signs = "|".join(map(re.escape, sorted({*MEANT, *Op}, key=len, reverse=True)))
    if found := re.fullmatch(rf"({signs})? ?({number})", text):
        op = MEANT.get(found[1]) or Op(found[1] or Op.AT_LEAST)
        return f"{op} {_pointed(found[2])}"
    return None


def _pointed(number: str) -> str:
    return number if re.fullmatch(NUMBER, number) else number.replace(",", ".")
