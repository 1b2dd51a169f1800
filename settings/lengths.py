"""Lengths of time: "3 hours", "45 days"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any, ClassVar, Self

from settings.spoken import Spoken, counted, quoted

SIZES = {
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
    "weeks": timedelta(weeks=1),
}
LONGEST = timedelta(days=3650)
SHORT = {
    **dict.fromkeys(("m", "min", "mins"), "minutes"),
    **dict.fromkeys(("h", "hr", "hrs"), "hours"),
    "d": "days",
    **dict.fromkeys(("w", "wk", "wks"), "weeks"),
}
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
OTHERWISE = r"(an?|half an?|[0-9]{1,5}(?:[.,][0-9]{1,2})?|[a-z]+) ?([a-z]+)\.?"
LENGTH_PATTERN = "0*[1-9][0-9]{0,6} (minute|hour|day|week)s?"


@dataclass(frozen=True)
class Length(Spoken):
    """A length of time in whole minutes, hours, days or weeks."""

    count: int
    unit: str

    described: ClassVar[dict[str, Any]] = {
        "type": "string",
        "pattern": f"^{LENGTH_PATTERN}$",
        "examples": ["3 hours", "45 days"],
        "description": "A number and minutes, hours, days or weeks.",
    }

    def __post_init__(self) -> None:
        if not self.unit.endswith("s"):
            object.__setattr__(self, "unit", f"{self.unit}s")
        if self.unit not in SIZES:
            raise ValueError(f"{quoted(self.unit)} is no unit of time.")
        if self.count < 1:
            raise ValueError(f"{self.count} {self.unit} is no time at all. Write 1 or more.")
        if self.elapsed > LONGEST:
            raise ValueError(f"{self.count} {self.unit} is more than ten years. Write less.")

    @property
    def elapsed(self) -> timedelta:
        """The time that passes; a day is 24 hours."""
        return self.count * SIZES[self.unit]

    @classmethod
    def read(cls, text: str) -> Self:
        """3 hours, 1 day, 2 weeks."""
        if found := re.fullmatch(r"([0-9]{1,7}) (minute|hour|day|week)s?", text):
            return cls(int(found[1]), found[2])
        raise ValueError(_better(text.casefold()))

    def __str__(self) -> str:
        return counted(self.count, self.unit)


def _better(text: str) -> str:
    if re.fullmatch("[0-9]{1,7}", text):
        count = int(text)
        return f"{count} what? Write {counted(count, 'hours')} or {counted(count, 'days')}."
    found = re.fullmatch(OTHERWISE, text)
    if found and (sentence := _other_spelling(found[1], found[2])):
        return sentence
    return (
        f"{quoted(text)} is not a length of time. "
        "Write a number and minutes, hours, days or weeks, like 3 hours."
    )


def _other_spelling(number: str, unit: str) -> str | None:
    """What to write instead of 3h, a day, 1.5 hours, two weeks or 2 months."""
    count = _number(number)
    if count is None:
        return None
    if unit in SHORT:
        return f"Write {_whole(count, SHORT[unit])} in full."
    if re.fullmatch("months?|mo", unit):
        return f"Months differ in length. Write days, like {_whole(count * 30, 'days')}."
    if re.fullmatch("years?|y", unit):
        return f"Write {_whole(count * 365, 'days')}."
    if re.fullmatch("seconds?|secs?|s", unit):
        return "Seconds are too fine here. Write minutes, like 1 minute."
    plural = unit if unit.endswith("s") else f"{unit}s"
    return f"Write {_whole(count, plural)}." if plural in SIZES else None


def _number(text: str) -> Fraction | None:
    if text in ("a", "an"):
        return Fraction(1)
    if text.startswith("half"):
        return Fraction(1, 2)
    if text in NUMBERS:
        return Fraction(NUMBERS.index(text) + 1)
    return Fraction(text.replace(",", ".")) if text[0] in "0123456789" else None


def _whole(count: Fraction, unit: str) -> str:
    """The same time in the largest unit that needs no fraction."""
    time = SIZES[unit] * float(count)
    units = ["weeks", "days", "hours", "minutes"]
    for smaller in units[units.index(unit) :]:
        if time % SIZES[smaller] == timedelta(0):
            return counted(max(1, time // SIZES[smaller]), smaller)
    return counted(max(1, round(time / SIZES["minutes"])), "minutes")
