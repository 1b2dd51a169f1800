"""Times of day and ranges of hours: `10:00`, `21:00 to 08:00`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from settings.text_value import TextValue, quoted

CLOCK_PATTERN = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"


@dataclass(frozen=True)
class HoursOfDay(TextValue):
    """A range of hours; an end before the start is past midnight."""

    start: time
    end: time

    json_schema: ClassVar[dict[str, Any]] = {
        "type": "string",
        "pattern": f"^{CLOCK_PATTERN} to {CLOCK_PATTERN}$",
        "examples": ["21:00 to 08:00"],
        "description": "Two times of day; the first one counts, the last one no longer does.",
    }

    def covers(self, moment: time) -> bool:
        """Whether `moment` lies in the range; the start is included, the end is not."""
        if self.start < self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses `21:00 to 08:00`; raises ValueError with a suggestion."""
        match = re.fullmatch(f"({CLOCK_PATTERN}) to ({CLOCK_PATTERN})", text)
        if not match:
            raise ValueError(_suggest_hours(text))
        if match[1] == match[2]:
            raise ValueError(f"{text} is no time at all: the two times are the same.")
        return cls(time.fromisoformat(match[1]), time.fromisoformat(match[2]))

    def __str__(self) -> str:
        return f"{self.start:%H:%M} to {self.end:%H:%M}"


def _suggest_hours(text: str) -> str:
    ends = re.split(r"(?:\bto\b|\buntil\b|\btill\b|[-–—])", text.casefold())
    clocks = [clock for end in ends if (clock := _parse_clock(end.removeprefix("from ").strip()))]
    if len(ends) == len(clocks) == 2 and clocks[0] != clocks[1]:
        return f"Write {clocks[0]} to {clocks[1]}."
    return "Write two times of day, like 21:00 to 08:00."


def _parse_clock(text: str) -> str | None:
    """Returns 24-hour time for 9pm, 9 p.m., 21h, 21.30 or 8:00, or None."""
    match = re.fullmatch(
        r"([0-9]{1,2})(?:[:.h]([0-5][0-9]))?h? ?(?:([ap])\.?m\.?)?(?: ?o'clock| ?uhr)?", text
    )
    if not match:
        return {"midnight": "00:00", "noon": "12:00"}.get(text)
    hour = int(match[1])
    if match[3]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match[3] == "p" else 0)
    return f"{hour % 24:02}:{match[2] or '00'}" if hour <= 24 else None


def _validate_time(value: object) -> time:
    if isinstance(value, time):
        return value
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if re.fullmatch(CLOCK_PATTERN, text):
        return time.fromisoformat(text)
    if clock := _parse_clock(text.casefold()):
        raise ValueError(f"Write {clock}.")
    raise ValueError(f"{quoted(text)} is not a time of day. Write one like 10:00.")


TimeOfDay = Annotated[
    time,
    BeforeValidator(_validate_time),
    PlainSerializer(lambda moment: f"{moment:%H:%M}", return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{CLOCK_PATTERN}$",
            "examples": ["10:00"],
            "description": "A time of day, 24 hours.",
        }
    ),
]
