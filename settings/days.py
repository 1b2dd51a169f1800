"""Closed days of the week and of the year: `Monday`, `24 December to 2 January`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Self

from settings.text_value import TextValue, quoted

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
LEAP_YEAR = 2028  # has 29 February
DAY = rf"([1-9]|[12][0-9]|3[01]) ({'|'.join(MONTHS)})"
WEEKDAY = "|".join(WEEKDAYS)


@dataclass(frozen=True)
class ClosedOn(TextValue):
    """A weekday, or a range of days of the year with both ends included."""

    weekday: int | None
    first: tuple[int, int] = (0, 0)  # (month, day); unused for a weekday
    last: tuple[int, int] = (0, 0)

    json_schema: ClassVar[dict[str, Any]] = {
        "type": "string",
        "pattern": f"^(?:{WEEKDAY}|{DAY}(?: to {DAY})?)$",
        "examples": ["Monday", "25 December", "24 December to 2 January"],
        "description": "A weekday, a day of the year, or two with `to` between; both count.",
    }

    def covers(self, day: date) -> bool:
        """Whether the shop is closed on `day`; a range may pass the end of the year."""
        if self.weekday is not None:
            return day.weekday() == self.weekday
        month_day = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= month_day <= self.last
        return month_day >= self.first or month_day <= self.last

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses `Monday`, `25 December` or `24 December to 2 January`; raises ValueError."""
        if text in WEEKDAYS:
            return cls(WEEKDAYS.index(text))
        if match := re.fullmatch(f"{DAY}(?: to {DAY})?", text):
            first = _month_and_day(match[1], match[2], text)
            last = _month_and_day(match[3], match[4], text) if match[3] else first
            return cls(None, first, last)
        raise ValueError(_suggest_day(text))

    def __str__(self) -> str:
        if self.weekday is not None:
            return WEEKDAYS[self.weekday]
        first, last = (f"{day} {MONTHS[month - 1]}" for month, day in (self.first, self.last))
        return first if first == last else f"{first} to {last}"


def _month_and_day(day: str, month: str, text: str) -> tuple[int, int]:
    try:
        calendar_day = date(LEAP_YEAR, MONTHS.index(month) + 1, int(day))
    except ValueError:
        raise ValueError(f"There is no {quoted(text)} in the calendar.") from None
    return calendar_day.month, calendar_day.day


def _suggest_day(text: str) -> str:
    word = text.casefold().removesuffix("s").removesuffix(".")
    for name in WEEKDAYS:
        if len(word) >= 3 and name.casefold().startswith(word):
            return f"Write {name}."
    return (
        f"{quoted(text)} is no day. Write Monday, 25 December, or 24 December to 2 January: "
        "every year is meant."
    )
