"""Country, currency and clock under which files are inspected: a shop's, or what options say."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from connectors.csv.cells.currency_marks import currencies_of
from connectors.csv.cells.date_words import fold
from connectors.csv.guess.file_headings import Headings
from connectors.csv.orders.currency import HEADINGS as CURRENCY_HEADINGS
from regulars.init import parse_answers
from regulars.init.prompts import machine_timezone
from settings import environment
from settings.countries import currency_of, default_zone
from settings.errors import RegularsError, WrongUsageError

FALLBACK_CURRENCY, FALLBACK_ZONE = "EUR", "Europe/London"
AMOUNT = re.compile(r"[\d.,'\s()+-]")
USUAL_CURRENCIES = {"$": "USD", "£": "GBP", "¥": "JPY"}  # of signs that several have


@dataclass(frozen=True)
class ShopContext:
    """`currency` is None where neither a shop, a country nor an option says it."""

    country: str | None
    currency: str | None
    timezone: str


def find_context(config: Path, country: str | None, currency: str | None) -> ShopContext:
    """Return the context of the shop at `config`, if there is one; the options go before it."""
    shop = _shop_of(config)
    code = _parsed("--country", parse_answers.country, country)
    money = _parsed("--currency", parse_answers.currency, currency)
    if code is None and shop:
        return ShopContext(shop.country, money or shop.currency, shop.timezone)
    zone = default_zone(code, machine_timezone()) if code else None
    return ShopContext(code, money or (currency_of(code) if code else None), zone or FALLBACK_ZONE)


def currency_in(headings: Headings, total: str | None) -> str | None:
    """Return the currency that a file names in a column of its own, or beside its totals."""
    for heading, column in headings.values.items():
        is_total = heading == total
        if is_total or fold(heading) in CURRENCY_HEADINGS:
            marks = {AMOUNT.sub("", cell) if is_total else cell for cell in column.distinct}
            for mark in sorted(filter(None, marks)):
                if mark in USUAL_CURRENCIES:
                    return USUAL_CURRENCIES[mark]
                if len(codes := currencies_of(mark)) == 1:
                    return min(codes)
    return None


def _shop_of(config: Path) -> ShopContext | None:
    """Return what the shop at `config` says; None where there is none, or it has mistakes."""
    if not config.is_file():
        return None
    from engine.config.owner_config import load_owner_config

    try:
        environ = environment.load_environment(config.parent, os.environ)
        shop = load_owner_config(config, environ).shop
    except RegularsError:
        return None
    return ShopContext(shop.country, shop.currency, shop.zone.key)


def _parsed(flag: str, parse: Callable[[str], str], text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise WrongUsageError(f"{flag}: {error}") from None
