"""Names the owner gives or the world has given: slugs, currencies, countries, time zones."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from settings.model import nearest
from settings.text_value import quoted

SLUG = "[a-z0-9]+(?:-[a-z0-9]+)*"
CURRENCIES = {
    **dict.fromkeys(("€", "euro", "euros"), "EUR"),
    **dict.fromkeys(("$", "dollar", "dollars", "us dollar"), "USD"),
    **dict.fromkeys(("£", "pound", "pounds", "sterling"), "GBP"),
    **dict.fromkeys(("franc", "francs", "sfr", "fr."), "CHF"),
    **dict.fromkeys(("¥", "yen"), "JPY"),
    **dict.fromkeys(("r$", "real", "reais"), "BRL"),
}
COUNTRIES = {
    "america": "US",
    "usa": "US",
    "uk": "GB",
    "united kingdom": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "holland": "NL",
    "deutschland": "DE",
    "brasil": "BR",
    "danmark": "DK",
    "éire": "IE",
    "méxico": "MX",
    "nederland": "NL",
    "norge": "NO",
    "polska": "PL",
    "suomi": "FI",
    "sverige": "SE",
    "españa": "ES",
    "italia": "IT",
    "österreich": "AT",
    "schweiz": "CH",
    "suisse": "CH",
}
"""Everyday names; the official ones come with the time zones."""


def _slug(text: str) -> str:
    if re.fullmatch(SLUG, text):
        return text
    better = re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")
    hint = f" Write {better}." if better and len(better) <= 60 else ""
    raise ValueError(f"A name here has small letters, digits and hyphens only.{hint}")


def _currency(text: str) -> str:
    if re.fullmatch("[A-Z]{3}", text):
        return text
    word = text.casefold()
    meant = CURRENCIES.get(word) or (text.upper() if re.fullmatch("[a-z]{3}", word) else None)
    raise ValueError(f"Write {meant}." if meant else "Write the three letters, like EUR or USD.")


def _country(text: str) -> str:
    if text in _countries().values():
        return text
    meant = country_meant(text)
    raise ValueError(f"Write {meant}." if meant else "Write the two letters, like PT or DE.")


def country_meant(text: str) -> str | None:
    """PT for Portugal, portugal and pt."""
    word, code = text.strip().casefold(), text.strip().upper()
    meant = COUNTRIES.get(word) or _countries().get(word)
    return meant or (code if code in _countries().values() else None)


def country_like(text: str) -> str | None:
    """The name that was probably meant: Portugal for Portugl."""
    return nearest(text, [name.title() for name in (*COUNTRIES, *_countries())], 0.8)


@cache
def _countries() -> dict[str, str]:
    """The code of every country, by its name."""
    table = resources.files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and line[0] != "#")
    return {name.casefold(): code for code, name in rows}


def _zone(text: str) -> str:
    if text == "UTC" or (text in _places() and _loads(text)):
        return text
    if re.fullmatch(r"(?:UTC|GMT)? ?[+-][0-9:]{1,5}|[A-Z]{3,4}|Etc/.*|[A-Z]{3}[0-9][A-Z]{3}", text):
        raise ValueError(
            f"{quoted(text)} is a clock, not a place: it cannot know when summer time begins. "
            "Write the place, like Europe/Lisbon."
        )
    meant = _place_meant(text)
    hint = f" Did you mean {quoted(meant)}?" if meant else ""
    raise ValueError(
        f"{quoted(text)} is no time zone we know.{hint or ' Write one like Europe/Lisbon.'}"
    )


@cache
def _places() -> frozenset[str]:
    """Zones named after a place; the others (CET, Etc/GMT+1) do not follow its summer time."""
    apart = ("Etc/", "SystemV/", "posix/", "right/", "US/", "Brazil/", "Canada/", "Chile/")
    return frozenset(
        zone for zone in available_timezones() if "/" in zone and not zone.startswith(apart)
    )


def _loads(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (OSError, ValueError):
        return False
    return True


def _place_meant(text: str) -> str | None:
    """Europe/Lisbon for Lisbon, europe/lisbon, Lisboa or Europe/Lissabon."""
    if len(text) > 60:
        return None
    town = text.replace(" ", "_")
    cities = {zone.rsplit("/", 1)[1]: zone for zone in sorted(_places(), reverse=True)}
    if near := nearest(town, _places(), 0.8):
        return near
    return cities[near] if (near := nearest(town, cities)) else None


def _yes_or_no(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("yes", "no"):
        return value == "yes"
    raise ValueError("Write yes or no.")


Slug = Annotated[
    str,
    AfterValidator(_slug),
    WithJsonSchema(
        {
            "type": ["string", "number", "boolean"],
            "pattern": f"^{SLUG}$",
            "examples": ["cart-reminder"],
            "description": "Small letters, digits and hyphens.",
        }
    ),
]
CurrencyCode = Annotated[
    str,
    AfterValidator(_currency),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^[A-Z]{3}$",
            "examples": ["EUR", "USD", "GBP"],
            "description": "The currency of every amount in this file (ISO 4217).",
        }
    ),
]
CountryCode = Annotated[
    str,
    AfterValidator(_country),
    WithJsonSchema(
        {
            # An older YAML takes Norway's NO for a no.
            "anyOf": [{"type": "string", "pattern": "^[A-Z]{2}$"}, {"enum": [False]}],
            "examples": ["PT", "DE", "GB"],
            "description": "The country, in two letters (ISO 3166).",
        }
    ),
]
ZoneName = Annotated[
    str,
    AfterValidator(_zone),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^UTC$|^[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+)+$",
            "examples": ["Europe/Lisbon"],
            "description": "The place whose clock the shop keeps (IANA time zone).",
        }
    ),
]
YesNo = Annotated[
    bool,
    BeforeValidator(_yes_or_no),
    WithJsonSchema({"enum": ["yes", "no", True, False], "description": "yes or no"}),
]
