"""Parses values of any platform into what the tables can hold; nothing here raises."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from settings.email_address import normalized_address
from settings.text.language_names import parse_language
from shop.identity.placeholder_addresses import is_placeholder
from shop.types.money import decimals

MAX_MINOR_UNITS = 10**15
MAX_QUANTITY = 10**9
PLAUSIBLE_YEARS = range(1900, 2200)
LEAP_YEAR = 2000
PLACEHOLDER_BIRTHDAYS = ("1900-01-01", "1970-01-01")
# Clocks differ, and a day begins earlier elsewhere. What lies further ahead has not happened.
CLOCK_TOLERANCE = timedelta(days=1)
FUTURE = "The date lies in the future."
FUTURE_ORDER = "The date lies in the future: the order counts from {day} on."

DECIMAL_AMOUNT = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?")
YEARLESS_DATE = re.compile(r"--?-?([0-9]{2})-?([0-9]{2})")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]+")


def single_line(raw: Any, max_chars: int = 250) -> str | None:
    """Return one line of at most `max_chars`, without control characters, or None."""
    if not isinstance(raw, str):
        return None
    if raw.isascii() and raw.isprintable() and "  " not in raw:
        return raw.strip()[:max_chars].rstrip() or None
    return " ".join(UNPRINTABLE.sub(" ", raw).split())[:max_chars].rstrip() or None


def email_address(raw: Any) -> str | None:
    """Return `raw` as an e-mail address; None where it is none, or a placeholder of nobody."""
    if not isinstance(raw, str):
        return None
    try:
        address = normalized_address(raw)
    except ValueError:
        return None
    return None if is_placeholder(address) else address


def email_errors(raw: Any) -> list[str]:
    """Return why `email_address` returns None; an empty list for an address, and for none at all.

    A placeholder is no error: it says that there is no address.
    """
    if not raw or email_address(raw) or (isinstance(raw, str) and is_placeholder(raw)):
        return []
    return ["The e-mail address is none."]


def moment(raw: Any) -> datetime | None:
    """Return a time in UTC; None where `raw` is none, or has no time zone."""
    if not isinstance(raw, str):
        return None
    try:
        timestamp = datetime.fromisoformat(raw.strip())
        if timestamp.tzinfo is None or timestamp.year not in PLAUSIBLE_YEARS:
            return None
        return timestamp.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_future(moment: datetime, read_at: datetime) -> bool:
    """Whether `moment` cannot have happened at `read_at`."""
    return moment > read_at + CLOCK_TOLERANCE


def birthday(raw: Any) -> str | None:
    """Return 1990-09-21, or --09-21 without a year; None where `raw` is no such day."""
    if not isinstance(raw, str):
        return None
    raw = raw.strip()
    yearless = YEARLESS_DATE.fullmatch(raw) or re.fullmatch(r"0000-([0-9]{2})-([0-9]{2})", raw)
    try:
        if yearless:
            day = date(LEAP_YEAR, int(yearless[1]), int(yearless[2]))
            return f"--{day:%m-%d}"
        day = datetime.fromisoformat(raw).date()
    except ValueError:
        return None
    return day.isoformat() if day.year in PLAUSIBLE_YEARS else None


def birthday_error(birthday: str, today: date) -> str | None:
    """Return why `birthday` is none: it is ahead, or the first day of a program's calendar."""
    if birthday in PLACEHOLDER_BIRTHDAYS:
        return f"The birthday is the first day of {birthday[:4]}, which stands for none."
    has_year = not birthday.startswith("-")
    return "The birthday is in the future." if has_year and birthday > today.isoformat() else None


def language(raw: Any) -> str | None:
    """Return a language tag such as pt-PT for a tag or a name; None where `raw` is none."""
    text = single_line(raw, 35)
    return parse_language(text) if text else None


def minor_units(amount: Any, currency: str) -> int | None:
    """Return 1250 for an `amount` of "12.50" in EUR; None where it is no decimal number."""
    if not isinstance(amount, str) or not DECIMAL_AMOUNT.fullmatch(amount):
        return None
    units = Decimal(amount).scaleb(decimals(currency)).quantize(Decimal(1), ROUND_HALF_UP)
    return int(units) if abs(units) < MAX_MINOR_UNITS else None


def count(raw: Any) -> int | None:
    """Return a quantity of 0 or more; None where `raw` is none."""
    if isinstance(raw, bool) or not isinstance(raw, int):
        return None
    return raw if 0 <= raw <= MAX_QUANTITY else None


def http_url(raw: Any) -> str | None:
    """Return an http or https link; None where `raw` is none."""
    url = single_line(raw, 2_000)
    return url if url and re.match(r"https?://[^\s<>\"]+$", url) else None
