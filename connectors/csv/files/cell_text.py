"""The text of a workbook's cell, as the same cell reads in a CSV file."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite

CellValue = int | float | str | bool | time | date | datetime | timedelta
LARGEST_EXACT = 2**53  # whole numbers beyond are rounded in the file already
DIGITS = 15  # what a spreadsheet calculates with; further ones are noise


def cell_text(value: CellValue) -> str:
    """Return the text: ISO dates and times, numbers in full and without noise, TRUE or FALSE.

    12.5 is "12.5", 3.0 is "3", 351912000001.0 is "351912000001", 0.1 + 0.2 is "0.3". A date
    with the time 00:00 is a date; thirty hours are "30:00:00".
    """
    match value:
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return _number_text(value)
        case datetime():
            return _moment_text(value)
        case timedelta():
            return _length_text(value)
    return value.isoformat()


def _number_text(number: float) -> str:
    if not isfinite(number):
        return ""
    if isinstance(number, int) or (number.is_integer() and abs(number) < LARGEST_EXACT):
        return str(int(number))
    text = f"{Decimal(f'{number:.{DIGITS}g}'):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _moment_text(moment: datetime) -> str:
    """Return the moment to the second: a workbook counts in days, and seldom meets one."""
    rounded = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
    return rounded.date().isoformat() if rounded.time() == time() else rounded.isoformat(" ")


def _length_text(length: timedelta) -> str:
    seconds = round(length.total_seconds())
    minutes, second = divmod(abs(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{'-' if seconds < 0 else ''}{hour:02d}:{minute:02d}:{second:02d}"
