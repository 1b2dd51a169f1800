"""Formats of a language without a folder, from CLDR: for templates that an owner writes."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any


@cache
def cldr_formats(code: str) -> Any:
    """Returns the names of a module `formats` for the language `code`, such as "ar".

    Raises `babel.UnknownLocaleError` for a language that CLDR does not have.
    """
    from babel import Locale

    locale = Locale.parse(code)
    date, time = locale.date_formats["long"].pattern, locale.time_formats["short"].pattern
    day, weekday_and_day = (_skeleton(locale, name) for name in ("MMMMd", "MMMMEEEEd"))
    short = locale.date_formats["medium"].pattern
    return SimpleNamespace(
        LOCALE=code,
        FORMAL=False,
        DATE=date,
        SHORT_DATE=short,
        DAY=day,
        DAYS="{first} – {last}",
        WEEKDAY="EEEE",
        WEEKDAY_AND_DAY=weekday_and_day,
        TIME=time,
        DATE_AND_TIME=f"{date}, {time}",
        DAY_AND_TIME=f"{day} {time}",
        SHORT_DATE_AND_TIME=f"{short} {time}",
    )


def _skeleton(locale: Any, name: str) -> str:
    skeletons = locale.datetime_skeletons
    pattern: str = skeletons[name].pattern if name in skeletons else skeletons["MMMMd"].pattern
    return pattern
