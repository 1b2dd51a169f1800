"""The keys of `consent:` in config.yaml: existing customers, and the age for advertising."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field

from settings.days import MONTHS
from settings.durations import Length
from settings.model import ConfigModel
from settings.text_value import TextValue, quoted

DAY_PATTERN = re.compile(rf"([1-9]|[12][0-9]|3[01]) ({'|'.join(MONTHS)}) ([12][0-9]{{3}})")
ISO_PATTERN = re.compile(r"([12][0-9]{3})-([0-9]{2})-([0-9]{2})")


@dataclass(frozen=True)
class Day(TextValue):
    """A calendar day with its month in letters, so that day and month cannot be confused."""

    date: date

    json_schema: ClassVar[dict[str, Any]] = {
        "type": "string",
        "pattern": f"^{DAY_PATTERN.pattern}$",
        "examples": ["1 June 2025"],
        "description": "The day, the month in full, the year.",
    }

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses "1 June 2025"; raises ValueError, which gives the spelling of an ISO date."""
        if match := DAY_PATTERN.fullmatch(text):
            year, month, day = int(match[3]), MONTHS.index(match[2]) + 1, int(match[1])
            return cls(_valid_date(year, month, day, text))
        if match := ISO_PATTERN.fullmatch(text):
            parsed_date = _valid_date(int(match[1]), int(match[2]), int(match[3]), text)
            raise ValueError(f"Write {cls(parsed_date)}.")
        raise ValueError(f"{quoted(text)} is no day. Write one like 1 June 2025.")

    def __str__(self) -> str:
        return f"{self.date.day} {MONTHS[self.date.month - 1]} {self.date.year}"


def _valid_date(year: int, month: int, day: int, text: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"There is no {quoted(text)} in the calendar.") from None


class WhenBuying(ConfigModel):
    """The owner vouches that buyers are told, and may refuse, when they give their address."""

    when_buying: Literal["may be mailed"]
    told_since: Annotated[Day, Field(description="Since when a notice says so to every buyer.")]
    for_: Annotated[Length, Field(description="How long after a purchase they may be mailed.")]


class Consent(ConfigModel):
    """Who may be mailed without an opt-in: no one, until the owner vouches for a channel."""

    till: WhenBuying | None = None
    online: WhenBuying | None = None
    youngest_age: Annotated[
        int | None,
        Field(ge=0, le=25, description="Who is younger, by their birthday, gets no advertising."),
    ] = None
