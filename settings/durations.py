"""Lengths of time: `3 hours`, `45 days`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any, ClassVar, Self

from settings.text_value import TextValue, quoted, with_unit

UNIT_LENGTHS = {
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
    "weeks": timedelta(weeks=1),
}
MAX_LENGTH = timedelta(days=3650)
MONTH = timedelta(days=30)
OTHER_UNITS = {
    ("m", "min", "mins", "minute", "minutes"): UNIT_LENGTHS["minutes"],
    ("h", "hr", "hrs", "hour", "hours"): UNIT_LENGTHS["hours"],
    ("d", "day", "days"): UNIT_LENGTHS["days"],
    ("w", "wk", "wks", "week", "weeks"): UNIT_LENGTHS["weeks"],
    ("mo", "month", "months"): MONTH,
    ("y", "yr", "yrs", "year", "years"): timedelta(days=365),
    ("s", "sec", "secs", "second", "seconds"): timedelta(seconds=1),
}
ABBREVIATIONS = ("m", "min", "mins", "h", "hr", "hrs", "d", "w", "wk", "wks")
TOO_LONG = "This is more than ten years. Write less, like 45 days."
NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
LOOSE_LENGTH_PATTERN = r"(an?|half an?|[0-9]{1,5}(?:[.,][0-9]{1,2})?|[a-z]+) ?([a-z]+)\.?"
LENGTH_PATTERN = "0*[1-9][0-9]{0,6} (minute|hour|day|week)s?"


@dataclass(frozen=True)
class Length(TextValue):
    """A number of whole minutes, hours, days or weeks; ten years at most."""

    count: int
    unit: str

    minimum: ClassVar[int] = 1
    json_schema: ClassVar[dict[str, Any]] = {
        "type": "string",
        "pattern": f"^{LENGTH_PATTERN}$",
        "examples": ["3 hours", "45 days"],
        "description": "A number and minutes, hours, days or weeks.",
    }

    def __post_init__(self) -> None:
        if not self.unit.endswith("s"):
            object.__setattr__(self, "unit", f"{self.unit}s")
        if self.unit not in UNIT_LENGTHS:
            raise ValueError(f"{quoted(self.unit)} is no unit of time.")
        if self.count < self.minimum:
            raise ValueError(
                f"{self.count} {self.unit} is no time at all. "
                f"Write {with_unit(1, self.unit)} or more, or leave the line out."
            )
        if self.elapsed > MAX_LENGTH:
            raise ValueError(f"{self.count} {self.unit} is more than ten years. Write less.")

    @property
    def elapsed(self) -> timedelta:
        """The length as a timedelta; a day is 24 hours."""
        return self.count * UNIT_LENGTHS[self.unit]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses `3 hours`, `1 day`, `2 weeks`; raises ValueError with a suggestion."""
        if match := re.fullmatch(r"([0-9]{1,7}) (minute|hour|day|week)s?", text):
            return cls(int(match[1]), match[2])
        raise ValueError(_suggest_length(text.casefold(), cls.minimum))

    def __str__(self) -> str:
        return with_unit(self.count, self.unit)


class LeadTime(Length):
    """How long before a moment that is ahead; `0 days` is the day itself."""

    minimum: ClassVar[int] = 0
    json_schema: ClassVar[dict[str, Any]] = {
        "type": "string",
        "pattern": f"^{LENGTH_PATTERN.replace('0*[1-9][0-9]{0,6}', '[0-9]{1,7}')}$",
        "examples": ["7 days", "0 days"],
        "description": "A number and minutes, hours, days or weeks; 0 days is the day itself.",
    }


def _suggest_length(text: str, minimum: int) -> str:
    if re.fullmatch("[0-9]{1,7}", text):
        count = max(minimum, int(text))
        if count == 0:
            return f"{text} what? Write 0 days."
        if count * UNIT_LENGTHS["days"] <= MAX_LENGTH:
            return f"{text} what? Write {with_unit(count, 'hours')} or {with_unit(count, 'days')}."
        return TOO_LONG
    match = re.fullmatch(LOOSE_LENGTH_PATTERN, text)
    if match and (sentence := _suggest_spelling(match[1], match[2])):
        return sentence
    return (
        f"{quoted(text)} is not a length of time. "
        "Write a number and minutes, hours, days or weeks, like 3 hours."
        + (" For the day itself, write 0 days." if minimum == 0 else "")
    )


def _suggest_spelling(number: str, unit: str) -> str | None:
    """Returns a message with the right spelling for `3h`, `a day`, `1.5 hours` or `2 months`."""
    count = _parse_number(number)
    size = next((size for names, size in OTHER_UNITS.items() if unit in names), None)
    if count is None or size is None:
        return None
    if count * (size / UNIT_LENGTHS["minutes"]) > MAX_LENGTH / UNIT_LENGTHS["minutes"]:
        return TOO_LONG
    largest = UNIT_LENGTHS["days"] if size >= MONTH else size
    length = _in_whole_units(size * float(count), largest)
    if size == MONTH:
        return f"Months differ in length. Write days, like {length}."
    return f"Write {length}{' in full' if unit in ABBREVIATIONS else ''}."


def _parse_number(text: str) -> Fraction | None:
    if text in ("a", "an"):
        return Fraction(1)
    if text.startswith("half"):
        return Fraction(1, 2)
    if text in NUMBER_WORDS:
        return Fraction(NUMBER_WORDS.index(text) + 1)
    return Fraction(text.replace(",", ".")) if text[0] in "0123456789" else None


def _in_whole_units(duration: timedelta, largest: timedelta) -> str:
    """Formats `duration` in the largest unit up to `largest` that needs no fraction."""
    duration = max(duration, UNIT_LENGTHS["minutes"])
    for unit in ("weeks", "days", "hours"):
        if UNIT_LENGTHS[unit] <= largest and duration % UNIT_LENGTHS[unit] == timedelta(0):
            return with_unit(duration // UNIT_LENGTHS[unit], unit)
    return with_unit(round(duration / UNIT_LENGTHS["minutes"]), "minutes")
