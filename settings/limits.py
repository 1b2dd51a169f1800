"""Limits: `2 emails per 7 days`, `up to 50 per day`, `50 or 5 %`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Self

from settings.durations import LENGTH_PATTERN, Length
from settings.text_value import TextValue, quoted, with_unit

SHARE = r"([0-9]{1,3}(?:\.[0-9]{1,2})?) ?(?:%|percent)"


@dataclass(frozen=True)
class EmailLimit(TextValue):
    """A maximum number of emails to one customer within a length of time."""

    count: int
    per: Length

    json_schema: ClassVar[dict[str, Any]] = {
        "type": "string",
        "pattern": f"^0*[1-9][0-9]{{0,5}} emails? per ({LENGTH_PATTERN}|hour|day|week)$",
        "examples": ["2 emails per 7 days", "1 email per day"],
        "description": "How many emails one customer may get in how much time.",
    }

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses `2 emails per 7 days` or `1 email per day`; raises ValueError."""
        match = re.fullmatch(r"([0-9]{1,6}) emails? per (.+)", text)
        if not match:
            raise ValueError(_suggest_limit(text))
        if int(match[1]) == 0:
            raise ValueError("0 emails would send nothing. Write 1 or more, or stop the rules.")
        is_bare_unit = match[2] in ("hour", "day", "week")
        return cls(int(match[1]), Length(1, match[2]) if is_bare_unit else Length.parse(match[2]))

    def __str__(self) -> str:
        per = self.per.unit.removesuffix("s") if self.per.count == 1 else str(self.per)
        return f"{with_unit(self.count, 'emails')} per {per}"


def _suggest_limit(text: str) -> str:
    match = re.fullmatch(
        r"([0-9]{1,6})(?: ?(?:e-?mails?|mails?|messages?))? ?(?:per|an?|every|in|each|/) ?(.+)",
        text.casefold(),
    )
    if match and int(match[1]):
        try:
            per = Length.parse(match[2] if match[2][0].isdigit() else f"1 {match[2]}")
        except ValueError:
            pass
        else:
            return f"Write {EmailLimit(int(match[1]), per)}."
    return f"{quoted(text)} is no such limit. Write one like 2 emails per 7 days."


@dataclass(frozen=True)
class DailyLimit(TextValue):
    """A maximum per day; `per_day` is None for `yes` (no limit) and 0 for `no`."""

    per_day: int | None

    json_schema: ClassVar[dict[str, Any]] = {
        "anyOf": [
            {"type": "string", "pattern": "^up to [0-9]{1,7} per day$"},
            {"enum": ["yes", "no", True, False]},
        ],
        "examples": ["up to 50 per day", "yes", "no"],
        "description": "How many a day; yes sets no limit, no lets none through.",
    }

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses `up to 50 per day`, `yes` or `no`; raises ValueError with a suggestion."""
        if text in ("yes", "no"):
            return cls(None if text == "yes" else 0)
        if match := re.fullmatch(r"up to ([0-9]{1,7}) per day", text):
            return cls(int(match[1]))
        if match := re.search(r"(?<![0-9.,-])([0-9]{1,7})(?![0-9.,])", text):
            raise ValueError(f"Write up to {int(match[1])} per day, yes or no.")
        raise ValueError("Write yes, no, or a number like up to 50 per day.")

    def __str__(self) -> str:
        if self.per_day is None:
            return "yes"
        return f"up to {self.per_day} per day" if self.per_day else "no"


@dataclass(frozen=True)
class AskAbove(TextValue):
    """The number of customers above which the owner must approve: a count, a share or the larger
    of both.
    """

    count: int | None
    percent: Decimal | None

    json_schema: ClassVar[dict[str, Any]] = {
        "anyOf": [
            {
                "type": "string",
                "pattern": rf"^([0-9]{{1,7}}|([0-9]{{1,7}} or )?{SHARE})$",
            },
            {"type": "integer", "minimum": 0},
        ],
        "examples": ["50 or 5 %", "50", "5 %"],
        "description": "A number of customers, a share of them, or the larger of both.",
    }

    def limit(self, customers: int) -> int:
        """Returns how many may be sent without approval in a shop with `customers` customers."""
        share = int(customers * self.percent / 100) if self.percent is not None else 0
        return max(self.count or 0, share)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses `50`, `5 %` or `50 or 5 %`; raises ValueError."""
        match = re.fullmatch(f"([0-9]{{1,7}})|(?:([0-9]{{1,7}}) or )?{SHARE}", text)
        if not match:
            raise ValueError(
                f"{quoted(text)} is not understood. Write a number, a share or both: 50 or 5 %."
            )
        count = match[1] or match[2]
        percent = Decimal(match[3]) if match[3] else None
        if percent is not None and percent > 100:
            raise ValueError(f"{percent} % is more than everybody. Write 100 % or less.")
        return cls(int(count) if count else None, percent)

    def __str__(self) -> str:
        share = None if self.percent is None else f"{self.percent:f} %"
        return " or ".join(str(part) for part in (self.count, share) if part is not None)
