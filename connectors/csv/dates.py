"""Parses dates, with the order of day and month that the column as a whole shows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from connectors import parse_values

# 4/3/2026, 04-03-26, 4.3.2026, with or without a time after it.
THREE_NUMBERS = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?:[ T,]+(\S.*))?")
TWO_NUMBERS = re.compile(r"(\d{1,2})([/.])(\d{1,2})\.?")
YEAR_FIRST = re.compile(r"(\d{4})([/.])(\d{1,2})\2(\d{1,2})(?:[ T]+(\S.*))?")
TIME_OF_DAY = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([ap]m)?", re.IGNORECASE)
SEPARATE_ZONE = re.compile(r"\s+(?=[+-]\d{2}:?\d{2}$)|\s+UTC$")


class DateOrder(StrEnum):
    """Which of two numbers is the day."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"


class AmbiguousOrder(StrEnum):
    """Why a column does not show its date order."""

    UNDETERMINED = "either"
    CONTRADICTORY = "both"


def detect_order(values: Iterable[str]) -> DateOrder | AmbiguousOrder | None:
    """Return the date order that `values` show; None where none of them needs one."""
    orders: set[DateOrder] = set()
    ambiguous = False
    for cell in values:
        match = THREE_NUMBERS.fullmatch(cell) or TWO_NUMBERS.fullmatch(cell)
        if match is None or match[2] == ".":
            continue  # with points the day comes first everywhere
        first, second = int(match[1]), int(match[3])
        if first > 12:
            orders.add(DateOrder.DAY_FIRST)
        elif second > 12:
            orders.add(DateOrder.MONTH_FIRST)
        ambiguous = ambiguous or first != second
    if len(orders) == 2:
        return AmbiguousOrder.CONTRADICTORY
    if orders:
        return orders.pop()
    return AmbiguousOrder.UNDETERMINED if ambiguous else None


def parse_moment(cell: str, order: DateOrder | None, zone: ZoneInfo, year: int) -> datetime | None:
    """Return `cell` in UTC, or None; a date without a time is midnight in `zone`."""
    try:
        parsed = _parse_numeric_date(cell, order, year) or datetime.fromisoformat(
            _normalize_iso(cell)
        )
        if parsed.year not in parse_values.PLAUSIBLE_YEARS:
            return None
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_birthday(cell: str, order: DateOrder | None, current_year: int) -> str | None:
    """Return 1990-09-21, or --09-21 without a year; None where `cell` is no date."""
    if iso_birthday := parse_values.birthday(cell):
        return iso_birthday
    if match := TWO_NUMBERS.fullmatch(cell):
        day, month = _day_and_month(match, order)
        return parse_values.birthday(f"--{month:02d}-{day:02d}")
    try:
        parsed = _parse_numeric_date(cell, order, current_year)
    except ValueError:
        return None
    return parse_values.birthday(parsed.date().isoformat()) if parsed else None


def _parse_numeric_date(cell: str, order: DateOrder | None, year: int) -> datetime | None:
    """Return a numeric date that is not ISO 8601; raises ValueError where there is no such day."""
    if match := YEAR_FIRST.fullmatch(cell):
        day = datetime(int(match[1]), int(match[3]), int(match[4]))  # noqa: DTZ001 - zoned later
        return datetime.combine(day, _parse_time(match[5]))
    if not (match := THREE_NUMBERS.fullmatch(cell)):
        return None
    days, months = _day_and_month(match, order)
    day = datetime(_full_year(match[4], year), months, days)  # noqa: DTZ001 - zoned later
    return datetime.combine(day, _parse_time(match[5]))


def _day_and_month(match: re.Match[str], order: DateOrder | None) -> tuple[int, int]:
    first, second = int(match[1]), int(match[3])
    month_first = order is DateOrder.MONTH_FIRST and match[2] != "."
    return (second, first) if month_first else (first, second)


def _full_year(written: str, year: int) -> int:
    """Return four digits for two: the latest such year that is not after `year`."""
    if len(written) == 4:
        return int(written)
    return 2000 + int(written) if 2000 + int(written) <= year else 1900 + int(written)


def _parse_time(written: str | None) -> time:
    if not written:
        return time()
    match = TIME_OF_DAY.fullmatch(written.strip())
    if not match:
        raise ValueError("no time of day")
    hour = int(match[1])
    if match[4]:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of a twelve-hour clock")
        hour = hour % 12 + (12 if match[4].casefold() == "pm" else 0)
    return time(hour, int(match[2]), int(match[3] or 0))


def _normalize_iso(cell: str) -> str:
    """Return ISO 8601 for the variants of exports: 2026-03-03 10:00:00 +0100, or … UTC."""
    return SEPARATE_ZONE.sub(lambda match: "Z" if "UTC" in match[0] else "", cell)
