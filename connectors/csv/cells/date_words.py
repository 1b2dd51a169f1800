"""Names of months and weekdays in the languages of Western exports, from CLDR's tables."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Literal

LANGUAGES = ("en", "pt", "es", "fr", "de", "it", "nl", "ca", "gl", "sv", "da", "nb", "fi", "pl")
# CLDR's Catalan months carry their preposition.
PREPOSITION = re.compile(r"^(de |d['’])")


@cache
def months() -> dict[str, int]:
    """Return the number of each month by its folded name: 3 for march, mar, marco."""
    return {name: number for name, number in _names("months") if name not in _ambiguous_months()}


@cache
def weekdays() -> frozenset[str]:
    """Return the folded names of the weekdays."""
    return frozenset(name for name, _ in _names("days")) | {"tues", "weds", "thur", "thurs"}


def fold(name: str) -> str:
    """Return `name` in small letters, without accents and without a point at its end."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign)).rstrip(".")


@cache
def _ambiguous_months() -> frozenset[str]:
    """Return names that are one month in one language and another in the next."""
    numbers: dict[str, set[int]] = {}
    for name, number in _names("months"):
        numbers.setdefault(name, set()).add(number)
    return frozenset(name for name, meanings in numbers.items() if len(meanings) > 1)


def _names(kind: Literal["months", "days"]) -> Iterator[tuple[str, int]]:
    from babel import Locale

    for language in LANGUAGES:
        table = getattr(Locale.parse(language), kind)
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in table[context][width].items():
                    yield fold(PREPOSITION.sub("", name)), number


@cache
def month_comes_first(country: str) -> bool | None:
    """Return whether `country` writes the month before the day; None where the year comes first."""
    from babel import Locale, UnknownLocaleError

    try:
        pattern = Locale.parse(f"und_{country}").date_formats["short"].pattern
    except (UnknownLocaleError, ValueError):
        return None
    letters = "".join(dict.fromkeys(re.findall("[dMy]", pattern)))
    return {"dMy": False, "Mdy": True}.get(letters)
