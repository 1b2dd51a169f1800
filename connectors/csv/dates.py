"""Dates as people write them; whether 3/4 is in March or in April is asked of the whole column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from connectors import parse_values

# 4/3/2026, 04-03-26, 4.3.2026, with or without a time behind.
THREE_NUMBERS = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?:[ T,]+(\S.*))?")
TWO_NUMBERS = re.compile(r"(\d{1,2})([/.])(\d{1,2})\.?")
YEAR_FIRST = re.compile(r"(\d{4})([/.])(\d{1,2})\2(\d{1,2})(?:[ T]+(\S.*))?")
CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([ap]m)?", re.IGNORECASE)
APART_ZONE = re.compile(r"\s+(?=[+-]\d{2}:?\d{2}$)|\s+UTC$")


class Order(StrEnum):
    """Which of two numbers is the day."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"


class Undecided(StrEnum):
    """Why a column does not say which."""

    EITHER = "either"
    BOTH = "both"


def order_of(values: Iterable[str]) -> Order | Undecided | None:
    """What a column shows; None where no value of it leaves a doubt."""
    seen: set[Order] = set()
    doubtful = False
    for value in values:
        found = THREE_NUMBERS.fullmatch(value) or TWO_NUMBERS.fullmatch(value)
        if found is None or found[2] == ".":
            continue  # with points the day is first everywhere
        one, other = int(found[1]), int(found[3])
        if one > 12:
            seen.add(Order.DAY_FIRST)
        elif other > 12:
            seen.add(Order.MONTH_FIRST)
        doubtful = doubtful or one != other
    if len(seen) == 2:
        return Undecided.BOTH
    if seen:
        return seen.pop()
    return Undecided.EITHER if doubtful else None


def moment(value: str, order: Order | None, zone: ZoneInfo, year: int) -> datetime | None:
    """A time in UTC; a date alone is the beginning of that day where the shop is."""
    try:
        read = _written(value, order, year) or datetime.fromisoformat(_iso(value))
        if read.year not in parse_values.MARCH_OF_TIME:
            return None
        return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def birthday(value: str, order: Order | None, year: int) -> str | None:
    """1990-09-21, or --09-21 where the year is not written."""
    if plainly := parse_values.birthday(value):
        return plainly
    if found := TWO_NUMBERS.fullmatch(value):
        day, month = _day_and_month(found, order)
        return parse_values.birthday(f"--{month:02d}-{day:02d}")
    try:
        read = _written(value, order, year)
    except ValueError:
        return None
    return parse_values.birthday(read.date().isoformat()) if read else None


def _written(value: str, order: Order | None, year: int) -> datetime | None:
    """A date in numbers that is not ISO 8601; ValueError where there is no such day."""
    if found := YEAR_FIRST.fullmatch(value):
        day = datetime(int(found[1]), int(found[3]), int(found[4]))  # noqa: DTZ001 - zoned later
        return datetime.combine(day, _clock(found[5]))
    if not (found := THREE_NUMBERS.fullmatch(value)):
        return None
    days, months = _day_and_month(found, order)
    day = datetime(_century(found[4], year), months, days)  # noqa: DTZ001 - zoned later
    return datetime.combine(day, _clock(found[5]))


def _day_and_month(found: re.Match[str], order: Order | None) -> tuple[int, int]:
    one, other = int(found[1]), int(found[3])
    month_first = order is Order.MONTH_FIRST and found[2] != "."
    return (other, one) if month_first else (one, other)


def _century(written: str, year: int) -> int:
    """97 is 1997: what is in a list has happened."""
    if len(written) == 4:
        return int(written)
    return 2000 + int(written) if 2000 + int(written) <= year else 1900 + int(written)


def _clock(written: str | None) -> time:
    if not written:
        return time()
    found = CLOCK.fullmatch(written.strip())
    if not found:
        raise ValueError("no time of day")
    hour = int(found[1])
    if found[4]:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of a twelve-hour clock")
        hour = hour % 12 + (12 if found[4].casefold() == "pm" else 0)
    return time(hour, int(found[2]), int(found[3] or 0))


def _iso(value: str) -> str:
    """As exports write it: 2026-03-03 10:00:00 +0100, or … UTC."""
    return APART_ZONE.sub(lambda found: "Z" if "UTC" in found[0] else "", value)
