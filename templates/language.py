"""One language: its e-mails, its sentences, and how it writes dates, amounts and lists.

A language is a folder `templates/<code>/`, and nothing else has to change to add one:

    templates/en/*.html         e-mails; owner/, pages/ and sign-up/ beside them
    templates/en/formats.py     CLDR locale and patterns of dates and amounts
    templates/en/<name>.py      sentences: constants for `str.format`, or functions

Their frames are in `templates/layouts/`, once for all languages. A file of the same name in the
folder of a language wins there.

How to use it. Take the language as an argument (an open shop has one: `OpenShop.language`), never
import `templates.en` yourself:

    def reason_line(language: Language, opted_in_at: datetime) -> str:
        sentences = language.sentences("reasons")
        return sentences.OPTED_IN.format(date=language.date(opted_in_at))

To move an English sentence here: write it into a module of `templates/en/` (one module for each
topic, such as `reasons`, `pages`, `explain`), give it a name for what it says, and read it with
`language.sentences(module)`. A test holds every other language to the names that `en` has.
"""

from __future__ import annotations

import datetime as dt
import importlib
import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from babel import Locale

LANGUAGES = Path(__file__).parent
LAYOUTS = LANGUAGES / "layouts"
"""Frames of mails and pages, and components: the same for all languages, without words."""
# Languages written from right to left, by ISO 639 code.
RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"})
UNITS = {
    unit: dt.timedelta(**{f"{unit}s": 1}) for unit in ("week", "day", "hour", "minute", "second")
}


@dataclass(frozen=True)
class Language:
    """A folder of templates and sentences; all methods return text for a reader.

    Moments are written as they are given: convert them to the reader's time zone first.
    """

    code: str
    root: Path = LANGUAGES

    @property
    def folder(self) -> Path:
        """Where the language's templates are."""
        return self.root / self.code

    def sentences(self, module: str) -> Any:
        """The sentences of one topic: the Python `module` in the language's folder."""
        return _load(self.root, self.code, module)

    def date(self, day: dt.date) -> str:
        """A `day` (or moment) with its year: 3 May 2026."""
        return self._write(day, self._formats.DATE)

    def short_date(self, day: dt.date) -> str:
        """The same for columns of a table: 03 May 2026, with the month abbreviated."""
        return self._write(day, self._formats.SHORT_DATE)

    def day(self, day: dt.date) -> str:
        """A `day` of the year: 3 May."""
        return self._write(day, self._formats.DAY)

    def days(self, first: dt.date, last: dt.date) -> str:
        """The days from `first` to `last`: 3 May to 9 May; 3 May where they are one day."""
        if first == last:
            return self.day(first)
        text: str = self._formats.DAYS.format(first=self.day(first), last=self.day(last))
        return text

    def weekday(self, day: dt.date) -> str:
        """The name of the weekday: Tuesday."""
        return self._write(day, self._formats.WEEKDAY)

    def months(self) -> list[str]:
        """The names of the twelve months, January first."""
        return [self._write(dt.date(2024, month, 1), "LLLL") for month in range(1, 13)]

    def weekday_and_day(self, day: dt.date) -> str:
        """Weekday and `day`: Tuesday, 3 March."""
        return self._write(day, self._formats.WEEKDAY_AND_DAY)

    def time(self, moment: dt.time | dt.datetime) -> str:
        """Hours and minutes of a `moment` (`time` or `datetime`): 14:05."""
        return self._write(moment, self._formats.TIME)

    def date_and_time(self, moment: dt.datetime) -> str:
        """Date, year and time: 3 May 2026, 14:05."""
        return self._write(moment, self._formats.DATE_AND_TIME)

    def day_and_time(self, moment: dt.datetime) -> str:
        """Day and time without the year: 4 March 08:00."""
        return self._write(moment, self._formats.DAY_AND_TIME)

    def short_date_and_time(self, moment: dt.datetime) -> str:
        """Day and time for columns of a table: 03 May 14:05."""
        return self._write(moment, self._formats.SHORT_DATE_AND_TIME)

    def integer(self, number: int) -> str:
        """A whole `number` with its thousands apart: 12,500."""
        return self._decimal(Decimal(number), 0)

    def money(self, minor: int, currency: str, *, digits: int = 2) -> str:
        """An amount of `minor` units: €12.50, -€5.00, 12.50 CHF.

        `currency` is the ISO 4217 code, `digits` how many decimals it has
        (`shop.types.money.decimals`).
        """
        amount = self._decimal(abs(Decimal(minor)).scaleb(-digits), digits)
        sign = self._formats.CURRENCY_SIGNS.get(currency)
        pattern = self._formats.MONEY_WITH_SIGN if sign else self._formats.MONEY_WITH_CODE
        minus = "-" if minor < 0 else ""
        return str(pattern.format(minus=minus, sign=sign, amount=amount, code=currency))

    def duration(self, length: dt.timedelta, *, largest: str = "week") -> str:
        """A `length` in the largest unit that divides it: 3 days, 2 weeks, 90 minutes.

        `largest` excludes longer units: with `largest="day"` two weeks are 14 days.
        """
        from babel.units import format_unit

        allowed = list(UNITS.items())[list(UNITS).index(largest) :]
        unit, size = next(
            (unit, size) for unit, size in allowed if not length % size or unit == "second"
        )
        return format_unit(length // size, f"duration-{unit}", locale=self._locale)

    def list_of(self, items: Sequence[str], *, style: str = "standard") -> str:
        """`items` in a row: a, b and c; with `style="or"`: a, b or c."""
        from babel.lists import format_list

        return format_list(items, style=style, locale=self._locale)  # type: ignore[arg-type]

    @property
    def _formats(self) -> Any:
        return self.sentences("formats")

    @property
    def _locale(self) -> Locale:
        return _locale(self._formats.LOCALE)

    def _write(self, value: dt.date | dt.time, pattern: str) -> str:
        from babel.dates import parse_pattern

        return parse_pattern(pattern).apply(value, self._locale)

    def _decimal(self, number: Decimal, digits: int) -> str:
        return _decimal(number, digits, self._formats.LOCALE)


def language(code: str, root: Path = LANGUAGES) -> Language:
    """The language with this `code`, from the folder `root`; `LookupError` where there is none."""
    chosen = Language(code, root)
    if not (chosen.folder / "formats.py").is_file():
        raise LookupError(f"There is no language {code!r} in {root}.")
    return chosen


def direction(code: str) -> str:
    """Returns "rtl" for a language that is written from right to left, else "ltr"."""
    return "rtl" if code.partition("-")[0] in RIGHT_TO_LEFT else "ltr"


ENGLISH = Language("en")
"""The default of a shop that has no other language; there is no other one yet."""


@cache
def _locale(name: str) -> Locale:
    from babel import Locale

    return Locale.parse(name)


@lru_cache(maxsize=4096)  # prices repeat, and Babel parses its pattern each time
def _decimal(number: Decimal, digits: int, locale_name: str) -> str:
    from babel.numbers import format_decimal

    pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
    return format_decimal(number, pattern, locale=_locale(locale_name))


@cache
def _load(root: Path, code: str, module: str) -> ModuleType:
    """The module from the package, or from a folder that is none."""
    if root == LANGUAGES:
        return importlib.import_module(f"templates.{code}.{module}")
    folder, name = root / code, f"_language_{code}_{module}"
    spec = importlib.util.spec_from_file_location(name, folder / f"{module.replace('.', '/')}.py")
    if spec is None or spec.loader is None:
        raise LookupError(f"{folder} has no module {module}.")
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded
    spec.loader.exec_module(loaded)
    return loaded
