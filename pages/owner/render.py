"""Renders the templates of the owner's pages: `templates/owner/pages/*.html`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pages.owner.access.forgery import TOKEN_FIELD
from shop.types.money import decimals, minor_units
from templates.language import ENGLISH, OWNER_FOLDER

FOLDER = OWNER_FOLDER / "pages"
# In a sentence: up to its end, or the next mark.
COMMAND = re.compile(r"(regulars [a-z][\w/@+-]*(?: [\w/@.+-]*[\w/@+-])*)")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
VOWELS = frozenset("aeiou")


@dataclass(frozen=True)
class PageContext:
    """What a template needs of the request: the path before the pages, its form token, the time."""

    prefix: str
    form_token: str
    now: datetime


_page_context: ContextVar[PageContext] = ContextVar("owner page")


class Place(Protocol):
    """Where amounts and times are read: `settings.shop.Shop`."""

    @property
    def zone(self) -> ZoneInfo: ...

    @property
    def currency(self) -> str: ...


class OwnerRenderer:
    """Jinja with autoescape, and the shop's way of writing times and amounts."""

    def __init__(self, shop: Place, static_path: Callable[[str], str]) -> None:
        self._shop = shop
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            url=prefixed, csrf=form_token_field, static=lambda name: prefixed(static_path(name))
        )
        self._environment.filters.update(
            time=self.time, day=self.day, clock=self.clock, ago=self.ago, iso=iso, money=self.money,
            count=count, integer=ENGLISH.integer, bytes=byte_size,
            full_stop=full_stop, sentence=sentence, remedy=remedy,
            amount=amount,
        )  # fmt: skip

    def render(self, template: str, page_context: PageContext, variables: Mapping[str, Any]) -> str:
        """Returns the HTML of a page."""
        with _context(page_context):
            return self._environment.get_template(template).render(variables)

    def time(self, moment: datetime) -> str:
        """The filter `time`: the moment on the shop's clock; without the day if it is today."""
        local, today = moment.astimezone(self._shop.zone), self._today()
        if local.date() == today:
            return ENGLISH.time(local)
        if local.year == today.year:
            return ENGLISH.day_and_time(local)
        return ENGLISH.date_and_time(local)

    def clock(self, moment: datetime) -> str:
        """The filter `clock`: hours and minutes."""
        return ENGLISH.time(moment.astimezone(self._shop.zone))

    def day(self, moment: date) -> str:
        """The filter `day`: a date, or the day of a moment; with the year if it is another."""
        local = moment.astimezone(self._shop.zone) if isinstance(moment, datetime) else moment
        is_this_year = local.year == self._today().year
        return ENGLISH.day(local) if is_this_year else ENGLISH.date(local)

    def money(self, minor: int, currency: str | None = None) -> str:
        """The filter `money`: minor units of the shop's currency, or of another one."""
        code = currency or self._shop.currency
        return ENGLISH.money(minor, code, digits=decimals(code))

    def ago(self, moment: datetime) -> str:
        """The filter `ago`: how long ago, or in how long, in the largest unit: 4 minutes ago."""
        elapsed = _page_context.get().now - moment
        if abs(elapsed) < timedelta(minutes=1):
            return "just now"
        length = ENGLISH.duration(self._largest_unit(moment, abs(elapsed)), largest="day")
        return f"{length} ago" if elapsed > timedelta(0) else f"in {length}"

    def _largest_unit(self, moment: datetime, length: timedelta) -> timedelta:
        """From 24 hours on, days are those of the calendar, as everywhere else."""
        if length < DAY:
            return _rounded(length)
        return abs(self._today() - moment.astimezone(self._shop.zone).date())

    def _today(self) -> date:
        return _page_context.get().now.astimezone(self._shop.zone).date()


@contextmanager
def _context(page_context: PageContext) -> Iterator[None]:
    token = _page_context.set(page_context)
    try:
        yield
    finally:
        _page_context.reset(token)


def prefixed(path: str) -> str:
    """The template function `url`: a path of the pages, where they are mounted."""
    return f"{_page_context.get().prefix}{path}"


def form_token_field() -> Markup:
    """The template function `csrf`: the hidden field that each form needs."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(
        TOKEN_FIELD, _page_context.get().form_token
    )


def iso(moment: datetime | date) -> str:
    """The filter `iso`: for the attribute `datetime` of an element `time`."""
    return moment.isoformat()


def amount(value: Decimal, currency: str) -> str:
    """The filter `amount`: a decimal amount of a currency: €4.50."""
    return ENGLISH.money(int(minor_units(value, currency)), currency, digits=decimals(currency))


def count(number: int, noun: str, plural: str | None = None) -> str:
    """The filter `count`: a number with its noun: 1 mail, 12 mails, 2,000 people."""
    return f"{ENGLISH.integer(number)} {noun if number == 1 else plural or plural_of(noun)}"


def byte_size(size: int) -> str:
    """The filter `bytes`: a size in the unit that people know: 4.2 MB."""
    for unit, factor in (("GB", 1_000_000_000), ("MB", 1_000_000)):
        if size >= factor:
            return f"{size / factor:,.1f} {unit}"
    return f"{size / 1_000:,.0f} kB"


def sentence(text: str) -> str:
    """The filter `sentence`: with a capital, and a full stop where it ends without one."""
    return full_stop(f"{text[:1].upper()}{text[1:]}")


def full_stop(text: str) -> str:
    """The filter `full_stop`: the sentence may begin with a name, which keeps its letters."""
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."


def remedy(text: str) -> Markup:
    """The filter `remedy`: what to do, with its commands set off. Nothing is added: it may end with
    a value that is to be copied.
    """
    return Markup(COMMAND.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  # escaped above


def plural_of(noun: str) -> str:
    """Returns the regular plural of a `noun`."""
    if noun == "person":
        return "people"
    if re.search(r"(s|x|ch|sh)$", noun):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2] not in VOWELS:
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def _rounded(length: timedelta) -> timedelta:
    """Down to the largest unit that is in it, hours or minutes."""
    unit = HOUR if length >= HOUR else timedelta(minutes=1)
    return max(length // unit, 1) * unit
