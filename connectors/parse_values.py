"""What any platform may send, made into what the tables can hold; nothing here ever raises."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from email_validator import EmailNotValidError, validate_email

from shop.types.money import decimals

MOST_MONEY = 10**15
MOST_OF_ONE_THING = 10**9
MARCH_OF_TIME = range(1900, 2200)
A_LEAP_YEAR = 2000

# The addresses nearly everybody has; the rest is asked of email_validator, which takes longer.
PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64})*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
AMOUNT = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?")
YEARLESS = re.compile(r"--?-?([0-9]{2})-?([0-9]{2})")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]+")


def text(value: Any, most: int = 250) -> str | None:
    """One line of text; None where there is none."""
    if not isinstance(value, str):
        return None
    return " ".join(UNPRINTABLE.sub(" ", value).split())[:most].rstrip() or None


def address(value: Any) -> str | None:
    """An e-mail address, or None where it is none."""
    if not isinstance(value, str) or len(value) > 320:
        return None
    given = value.strip()
    local, _, _ = given.rpartition("@")
    if PLAIN_ADDRESS.fullmatch(given) and len(local) <= 64 and len(given) <= 254:
        return given
    try:
        # Shops that are only tried out live under .test and .example.
        found = validate_email(given, check_deliverability=False, test_environment=True)
    except (EmailNotValidError, ValueError):
        return None
    return str(found.normalized)


def moment(value: Any) -> datetime | None:
    """A time with its zone, in UTC; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value.strip())
        if read.tzinfo is None or read.year not in MARCH_OF_TIME:
            return None
        return read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def birthday(value: Any) -> str | None:
    """1990-09-21, or --09-21 where the year is unknown; None where there is no such day."""
    if not isinstance(value, str):
        return None
    value = value.strip()
    yearless = YEARLESS.fullmatch(value) or re.fullmatch(r"0000-([0-9]{2})-([0-9]{2})", value)
    try:
        if yearless:
            day = date(A_LEAP_YEAR, int(yearless[1]), int(yearless[2]))
            return f"--{day:%m-%d}"
        day = datetime.fromisoformat(value).date()
    except ValueError:
        return None
    return day.isoformat() if day.year in MARCH_OF_TIME else None


def language(value: Any) -> str | None:
    """pt-PT for pt-PT or pt_PT; None for what is no language tag."""
    found = text(value, 35)
    if found is None or not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", found):
        return None
    return found.replace("_", "-")


def minor_units(amount: Any, currency: str) -> int | None:
    """1250 for "12.50" in EUR; None for what is no amount of money."""
    if not isinstance(amount, str) or not AMOUNT.fullmatch(amount):
        return None
    whole = Decimal(amount).scaleb(decimals(currency)).quantize(Decimal(1), ROUND_HALF_UP)
    return int(whole) if abs(whole) < MOST_MONEY else None


def count(value: Any) -> int | None:
    """A number of things."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= MOST_OF_ONE_THING else None


def web_address(value: Any) -> str | None:
    """A link a customer may follow."""
    found = text(value, 2_000)
    return found if found and re.match(r"https?://[^\s<>\"]+$", found) else None
