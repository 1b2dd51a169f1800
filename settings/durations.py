"""Lengths of time: "3 hours", "45 days"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any, ClassVar, Self

from settings.text_value import Spoken, counted, quoted

SIZES = {
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
    "weeks": timedelta(weeks=1),
}
LONGEST = timedelta(days=3650)
MONTH = timedelta(days=30)
OTHER_UNITS = {
    ("m", "min", "mins", "minute", "minutes"): SIZES["minutes"],
    ("h", "hr", "hrs", "hour", "hours"): SIZES["hours"],
    ("d", "day", "days"): SIZES["days"],
    ("w", "wk", "wks", "week", "weeks"): SIZES["weeks"],
    ("mo", "month", "months"): MONTH,
    ("y", "yr", "yrs", "year", "years"): timedelta(days=365),
    ("s", "sec", "secs", "second", "seconds"): timedelta(seconds=1),
}
SHORT = ("m", "min", "mins", "h", "hr", "hrs", "d", "w", "wk", "wks")
TOO_LONG = "This is more than ten years. Write less, like 45 days."
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
        count = max(1, int(text))
        if count * SIZES["days"] <= LONGEST:
            return f"{text} what? Write {counted(count, 'hours')} or {counted(count, 'days')}."
        return TOO_LONG
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
    size = next((size for names, size in OTHER_UNITS.items() if unit in names), None)
    if count is None or size is None:
        return None
    if count * (size / SIZES["minutes"]) > LONGEST / SIZES["minutes"]:
        return TOO_LONG
    largest = SIZES["days"] if size >= MONTH else size
    meant = _whole(size * float(count), largest)
    if size == MONTH:
        return f"Months differ in length. Write days, like {meant}."
    return f"Write {meant}{' in full' if unit in SHORT else ''}."


def _number(text: str) -> Fraction | None:
    if text in ("a", "an"):
        return Fraction(1)
    if text.startswith("half"):
        return Fraction(1, 2)
    if text in NUMBERS:
        return Fraction(NUMBERS.index(text) + 1)
    return Fraction(text.replace(",", ".")) if text[0] in "0123456789" else None


def _whole(time: timedelta, largest: timedelta) -> str:
    """The time in the largest unit allowed that needs no fraction."""
    time = max(time, SIZES["minutes"])
    for unit in ("weeks", "days", "hours"):
        if SIZES[unit] <= largest and time % SIZES[unit] == timedelta(0):
            return counted(time // SIZES[unit], unit)
    return counted(round(time / SIZES["minutes"]), "minutes")
