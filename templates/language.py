"""One language: its e-mails, its sentences, and how it writes dates, amounts and lists.

A language is a folder `templates/<code>/` with what customers read, and nothing else has to change
to add one:

    templates/de/*.html         e-mails; pages/ and sign-up/ beside them
    templates/de/formats.py     CLDR locale, patterns of dates, the usual form of address
    templates/de/<name>.py      sentences: constants for `str.format`, or `Forms` of them

Their frames are in `templates/layouts/`, once for all languages. A file of the same name in the
folder of a language wins there.

Take the language as an argument (an e-mail's facts and a page have one), never import
`templates.de` yourself:

    def reason_line(language: Language, opted_in_at: datetime) -> str:
        sentences = language.sentences("mails")
        return sentences.OPTED_IN.format(date=language.date(opted_in_at))

What the owner reads is English only: `owner_sentences` of `templates/owner/`, dates of `ENGLISH`. A
test holds every other language to the files and names that `en` has.
"""

from __future__ import annotations

import datetime as dt
import importlib
import importlib.util
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from templates.cldr_formats import cldr_formats
from templates.forms import Forms

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
# The number of a day in a pattern of CLDR, outside of quoted letters.
SINGLE_DAY = re.compile(r"(?<![d'])d(?![d'])(?=(?:[^']*'[^']*')*[^']*$)")


@dataclass(frozen=True)
class Language:
    """A folder of templates and sentences; all methods return text for a reader.

    Moments are written as they are given: convert them to the reader's time zone first.
    """

    code: str
    root: Path = LANGUAGES
    formal: bool | None = None  # how customers are addressed; None: as is usual in the language
    territory: str | None = None  # ISO 3166: whose way of writing amounts and months is followed
    fallback: str = "en"  # whose sentences stand in for those of a language without a folder

    @property
    def is_shipped(self) -> bool:
        """Whether it has a folder with e-mails, pages and sentences."""
        return _is_shipped(self.root, self.code)

    @property
    def folder(self) -> Path:
        """Where the language's templates are; those of `fallback` where it has none."""
        return self.root / (self.code if self.is_shipped else self.fallback)

    @property
    def plain(self) -> Language:
        """The language by itself: what is compiled of a template is the same for all of it."""
        return Language(self.code, self.root, fallback=self.fallback)

    @property
    def is_formal(self) -> bool:
        """Whether customers are addressed formally: Sie, vous, usted, Lei, u."""
        usual = bool(getattr(self._formats, "FORMAL", False))
        return usual if self.formal is None else self.formal

    def sentences(self, module: str) -> Any:
        """The sentences of one topic: the Python `module` in the language's folder.

        Of a sentence in two `Forms`, it is the one that customers are addressed with.
        """
        code = self.code if self.is_shipped else self.fallback
        return _sentences(self.root, code, module, formal=self.is_formal)

    @property
    def colon(self) -> str:
        """The sign between a label and what it labels; in French with a space before it."""
        return str(getattr(self._formats, "COLON", ":"))

    def plural(self, number: int, other: str, **forms: str) -> str:
        """The word that belongs to `number`: `plural(1, "Punkte", one="Punkt")` is Punkt.

        `forms` are named after CLDR's categories (zero, one, two, few, many); `other` is for every
        number without a form of its own.
        """
        return forms.get(self._locale.plural_form(abs(number)), other)

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
        """An amount of `minor` units: €12.50, -€5.00, 12.50 CHF; in German 12,50 €.

        `currency` is the ISO 4217 code, `digits` how many decimals it has
        (`shop.types.money.decimals`).
        """
        if not hasattr(self._formats, "CURRENCY_SIGNS"):
            exact = Decimal(minor).scaleb(-digits)
            return _cldr_money(exact, currency, digits, self._locale_name)
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
        return _formats(self.root, self.code)

    @property
    def _locale(self) -> Locale:
        return _locale(*self._locale_name)

    @property
    def _locale_name(self) -> tuple[str, str | None]:
        formats = self._formats
        follows = self.territory in getattr(formats, "TERRITORIES", ())
        return formats.LOCALE, self.territory if follows else None

    def _write(self, value: dt.date | dt.time, pattern: str) -> str:
        from babel.dates import parse_pattern

        first = getattr(self._formats, "FIRST_OF_MONTH", None)
        if first and isinstance(value, dt.date) and value.day == 1:
            pattern = SINGLE_DAY.sub(f"'{first}'", pattern)
        return parse_pattern(pattern).apply(value, self._locale)

    def _decimal(self, number: Decimal, digits: int) -> str:
        return _decimal(number, digits, self._locale_name)


def language(code: str, root: Path = LANGUAGES) -> Language:
    """The language with this `code`, from the folder `root`; `LookupError` where there is none."""
    chosen = Language(code, root)
    if not chosen.is_shipped:
        raise LookupError(f"There is no language {code!r} in {root}.")
    return chosen


def direction(code: str) -> str:
    """Returns "rtl" for a language that is written from right to left, else "ltr"."""
    return "rtl" if code.partition("-")[0] in RIGHT_TO_LEFT else "ltr"


@cache
def shipped_languages(root: Path = LANGUAGES) -> tuple[str, ...]:
    """The codes of the languages that have a folder in `root`, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in root.glob("*/formats.py")))


def owner_sentences(module: str) -> Any:
    """The sentences of one topic that only the owner reads, such as `explain`; in English."""
    return importlib.import_module(f"templates.owner.{module}")


ENGLISH = Language("en")
"""The language of everything that the owner reads, and of shops that have no other one."""
OWNER_FOLDER = LANGUAGES / "owner"


class _Sentences:
    """The names of a module, each sentence in one form of address."""

    def __init__(self, module: ModuleType, *, formal: bool) -> None:
        self._module, self._formal = module, formal

    def __getattr__(self, name: str) -> Any:
        return _in_form(getattr(self._module, name), formal=self._formal)


def _in_form(sentence: Any, *, formal: bool) -> Any:
    if isinstance(sentence, Forms):
        return sentence.choose(formal=formal)
    if isinstance(sentence, dict):
        return {name: _in_form(text, formal=formal) for name, text in sentence.items()}
    return sentence


@cache
def _sentences(root: Path, code: str, module: str, *, formal: bool) -> _Sentences:
    return _Sentences(_load(root, code, module), formal=formal)


@cache
def _is_shipped(root: Path, code: str) -> bool:
    return (root / code / "formats.py").is_file()


@cache
def _formats(root: Path, code: str) -> Any:
    return _load(root, code, "formats") if _is_shipped(root, code) else cldr_formats(code)


@cache
def _locale(name: str, territory: str | None) -> Locale:
    from babel import Locale

    return Locale(name.partition("_")[0], territory) if territory else Locale.parse(name)


@lru_cache(maxsize=4096)  # prices repeat, and Babel parses its pattern each time
def _decimal(number: Decimal, digits: int, locale_name: tuple[str, str | None]) -> str:
    from babel.numbers import format_decimal

    pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
    return format_decimal(number, pattern, locale=_locale(*locale_name))


@lru_cache(maxsize=4096)
def _cldr_money(
    amount: Decimal, currency: str, digits: int, locale_name: tuple[str, str | None]
) -> str:
    from babel.numbers import format_currency

    locale = _locale(*locale_name)
    pattern = locale.currency_formats["standard"].pattern
    decimals = f"0.{'0' * digits}" if digits else "0"
    pattern = pattern.replace("0.00", decimals)
    return format_currency(amount, currency, pattern, locale=locale, currency_digits=False)


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
