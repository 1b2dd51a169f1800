"""Parses dates as people and programs write them, in the order that the column as a whole shows."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from connectors import parse_values
from connectors.csv.cells.date_order import DateOrder, day_and_month, without_marks
from connectors.csv.cells.date_words import fold, months, weekdays
from connectors.csv.cells.zone_names import UnknownZoneError, at_zone

NO_DATE = "The date is none."
SPREADSHEET_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - zoned later
ORDINAL = r"(?:(?:st|nd|rd|th|er|o|a|e)(?![^\W\d_])|\.)?"
OF = r"(?:(?:de|del|of|di|den)\s+|d['’]\s*)?"
WORD = r"([^\W\d_]+)\.?"
YEAR = r"('?\d{2}|\d{4})"
# Each ends before the time of day, if there is one.
REST = r"(?![\d:])(.*)"
YEAR_FIRST = re.compile(rf"(\d{{4}})\s?([-/. ])\s?(\d{{1,2}})\s?\2\s?(\d{{1,2}}){REST}")
THREE_NUMBERS = re.compile(rf"(\d{{1,2}})\s?([/.\- ])\s?(\d{{1,2}})\s?\2\s?{YEAR}{REST}")
YEAR_MONTH_DAY = re.compile(rf"(\d{{4}})[\s\-./,]*{WORD}[\s\-./]*(\d{{1,2}}){REST}")
DAY_MONTH = re.compile(
    rf"(\d{{1,2}}){ORDINAL}[\s\-./]*{OF}{WORD}(?:[\s\-./,]*{OF}{YEAR}(?!\d|:|h|\.\d))?{REST}"
)
MONTH_DAY = re.compile(
    rf"{WORD}[\s\-./]*(\d{{1,2}}){ORDINAL}(?:[\s\-./,]+{OF}{YEAR}(?![\d:h]))?{REST}"
)
TWO_NUMBERS = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\.?")
WEEKDAY = re.compile(r"([^\W\d_]+(?:-feira)?)\.?,?\s+(?=\S)")
TIME_FIRST = re.compile(r"(\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\.?)?)[\s,-]+(.*\d.*)")
YEAR_LAST = re.compile(r"(.*\S)\s+(\d{4})")
BEFORE_TIME = re.compile(r"(?:[\s,\-–]|t(?=\d)|(?:at|um|às|as|a las|las|à|alle|om|kl\.?)(?=\s))*")
TIME_OF_DAY = re.compile(
    r"(\d{1,2})(?:[:.h]\s?(\d{2})?(?:[:.](\d{2})(?:[.,]\d+)?)?m?)?\s*"
    r"(a\.?\s?m\b\.?|p\.?\s?m\b\.?)?\s*(?:(?:uhr|uur|horas|hrs?|hs|h)\b\.?)?\s*(.*)"
)
MARKED_HOUR = re.compile(r"\d{1,2}\s*(?:[ap]\.?\s?m\b|uhr|uur|h)")
ZONE_WORDS = re.compile(r"(?<=\S) ?\(.*\)$")  # GMT+0100 (Central European Standard Time)
ZONE_ID = re.compile(r"([+-]\d{2}:?\d{2}|[Zz])\[[\w/+-]+\]$")  # 10:00+01:00[Europe/Lisbon]
HOUR_WITH_FRACTION = re.compile(r"[T ]\d{2}\.\d")  # 10.30 is half past ten, not 10.3 hours


@dataclass(frozen=True)
class WrittenDate:
    """A date as it was written; `year` is None where there is none."""

    year: int | None
    month: int
    day: int
    rest: str = ""

    def as_date(self) -> date:
        """Return the date; raises ValueError where there is no such day or no year."""
        if self.year is None:
            raise ValueError("no year")
        return date(self.year, self.month, self.day)


def parse_moment(cell: str, order: DateOrder | None, zone: ZoneInfo, year: int) -> datetime | None:
    """Return `cell` in UTC, or None; a date without a time is midnight in `zone`.

    `year` is the current one: two digits are the latest such year that is not after it.
    """
    try:
        parsed = _parse_moment(cell, order, zone, year)
        return parsed.astimezone(UTC) if parsed.year in parse_values.PLAUSIBLE_YEARS else None
    except (ValueError, OverflowError):
        return None


def moment_error(cell: str, order: DateOrder | None, zone: ZoneInfo, year: int) -> str:
    """Return why `parse_moment` returns None."""
    try:
        _parse_moment(cell, order, zone, year)
    except UnknownZoneError as error:
        return str(error)
    except (ValueError, OverflowError):
        pass
    return NO_DATE


def parse_birthday(cell: str, order: DateOrder | None, current_year: int) -> str | None:
    """Return 1990-09-21, or --09-21 without a year; None where `cell` is no date."""
    cell = without_marks(cell)
    if iso_birthday := parse_values.birthday(cell):
        return iso_birthday
    try:
        if order in (DateOrder.DAY_NUMBERS, DateOrder.SECONDS):
            return parse_values.birthday(_from_number(cell, order).date().isoformat())
        if match := TWO_NUMBERS.fullmatch(cell):
            day, month = day_and_month(match, order)
            return parse_values.birthday(f"--{month:02d}-{day:02d}")
        written = _parse_date(cell, order, current_year)
        if written.year is None:
            return parse_values.birthday(f"--{written.month:02d}-{written.day:02d}")
        return parse_values.birthday(written.as_date().isoformat())
    except (ValueError, OverflowError):
        return None


def _parse_moment(cell: str, order: DateOrder | None, zone: ZoneInfo, year: int) -> datetime:
    """Return a time with its zone; raises ValueError or OverflowError where `cell` is none."""
    cell = without_marks(cell)
    if order in (DateOrder.DAY_NUMBERS, DateOrder.SECONDS):
        number = _from_number(cell, order)
        return number if number.tzinfo else number.replace(tzinfo=zone)
    if parsed := _parse_iso(cell):
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)
    written = _parse_date(cell, order, year)
    time_of_day, zone_words = _parse_time(written.rest)
    return at_zone(datetime.combine(written.as_date(), time_of_day), zone_words, zone)


def _parse_iso(cell: str) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(ZONE_ID.sub(r"\1", cell) if cell.endswith("]") else cell)
    except ValueError:
        return None
    return None if parsed.microsecond and HOUR_WITH_FRACTION.search(cell) else parsed


def _from_number(cell: str, order: DateOrder) -> datetime:
    """Return the date of a spreadsheet's day number, or of seconds since 1970."""
    number = float(cell.replace(",", "."))
    if order is DateOrder.DAY_NUMBERS:
        return SPREADSHEET_EPOCH + timedelta(minutes=round(number * 24 * 60))
    return datetime.fromtimestamp(number / (1000 if len(cell) > 11 else 1), UTC)


def _parse_date(cell: str, order: DateOrder | None, year: int) -> WrittenDate:
    """Return the date that `cell` begins with; raises ValueError where there is none."""
    text = cell if cell.isascii() else unicodedata.normalize("NFKC", cell)
    text = " ".join(text.casefold().split()).rstrip(",")
    if match := TIME_FIRST.fullmatch(text):
        text = f"{match[2]} {match[1]}"
    match = WEEKDAY.match(text) if text[:1].isalpha() else None
    if match and fold(match[1]) in weekdays():
        try:  # "mar" is a weekday in French and a month in Spanish
            return _match_date(text[match.end() :], order, year)
        except ValueError:
            pass
    return _match_date(text, order, year)


def _match_date(text: str, order: DateOrder | None, year: int) -> WrittenDate:
    if match := YEAR_FIRST.fullmatch(text):
        return WrittenDate(int(match[1]), int(match[3]), int(match[4]), match[5])
    if match := THREE_NUMBERS.fullmatch(text):
        if int(match[1]) > 31:  # 90-03-06
            return WrittenDate(_full_year(match[1], year), int(match[3]), int(match[4]), match[5])
        days, number = day_and_month(match, order)
        return WrittenDate(_full_year(match[4], year), number, days, match[5])
    if match := YEAR_MONTH_DAY.fullmatch(text):
        return WrittenDate(int(match[1]), _month(match[2]), int(match[3]), match[4])
    if match := DAY_MONTH.fullmatch(text):
        return _with_year(match[3], _month(match[2]), int(match[1]), match[4], year)
    if match := MONTH_DAY.fullmatch(text):
        return _with_year(match[3], _month(match[1]), int(match[2]), match[4], year)
    raise ValueError("no date")


def _with_year(written: str | None, month: int, day: int, rest: str, year: int) -> WrittenDate:
    """Return the date; the year may stand behind the time: Feb 03 10:00:00 2026."""
    if written:
        return WrittenDate(_full_year(written, year), month, day, rest)
    if match := YEAR_LAST.fullmatch(rest):
        return WrittenDate(int(match[2]), month, day, match[1])
    if rest.strip(" ,."):
        raise ValueError("no year, but something else")
    return WrittenDate(None, month, day)


def _month(name: str) -> int:
    """Return the number of a month; raises ValueError where `name` is none."""
    number = months().get(fold(name))
    if number is None:
        raise ValueError("no month")
    return number


def _full_year(written: str, year: int) -> int:
    """Return four digits for two: the latest such year that is not after `year`."""
    digits = written.removeprefix("'")
    if len(digits) == 4:
        return int(digits)
    return 2000 + int(digits) if 2000 + int(digits) <= year else 1900 + int(digits)


def _parse_time(rest: str) -> tuple[time, str]:
    """Return the time of day and the zone behind a date; raises ValueError for other text."""
    begin = BEFORE_TIME.match(rest)
    text = rest[begin.end() if begin else 0 :].rstrip(" .,") if rest else ""
    if not text:
        return time(), ""
    match = TIME_OF_DAY.fullmatch(text)
    if not match or not (match[2] or MARKED_HOUR.match(text)):
        raise ValueError("no time of day")
    hour = int(match[1])
    if match[4]:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of a twelve-hour clock")
        hour = hour % 12 + (12 if match[4].startswith("p") else 0)
    return time(hour, int(match[2] or 0), int(match[3] or 0)), ZONE_WORDS.sub("", match[5])
