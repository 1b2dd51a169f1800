"""Validated names: slugs, currencies, countries, time zones, yes and no."""

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
CURRENCY_SYNONYMS = {
    **dict.fromkeys(("€", "euro", "euros"), "EUR"),
    **dict.fromkeys(("$", "dollar", "dollars", "us dollar"), "USD"),
    **dict.fromkeys(("£", "pound", "pounds", "sterling"), "GBP"),
    **dict.fromkeys(("franc", "francs", "sfr", "fr."), "CHF"),
    **dict.fromkeys(("¥", "yen"), "JPY"),
    **dict.fromkeys(("r$", "real", "reais"), "BRL"),
}
COUNTRY_SYNONYMS = {
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
"""Everyday names; the official names come from the tz database (iso3166.tab)."""


def _validate_slug(text: str) -> str:
    if re.fullmatch(SLUG, text):
        return text
    slug = re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")
    hint = f" Write {slug}." if slug and len(slug) <= 60 else ""
    raise ValueError(f"A name here has small letters, digits and hyphens only.{hint}")


def _validate_currency(text: str) -> str:
    if re.fullmatch("[A-Z]{3}", text):
        return text
    word = text.casefold()
    code = CURRENCY_SYNONYMS.get(word) or (text.upper() if re.fullmatch("[a-z]{3}", word) else None)
    raise ValueError(f"Write {code}." if code else "Write the three letters, like EUR or USD.")


def _validate_country(text: str) -> str:
    if text in _countries().values():
        return text
    code = country_code(text)
    raise ValueError(f"Write {code}." if code else "Write the two letters, like PT or DE.")


def country_code(text: str) -> str | None:
    """Returns the ISO 3166 code for a name or code (PT for Portugal and pt), or None if unknown."""
    word, code = text.strip().casefold(), text.strip().upper()
    named_code = COUNTRY_SYNONYMS.get(word) or _countries().get(word)
    return named_code or (code if code in _countries().values() else None)


def suggest_country(text: str) -> str | None:
    """Returns the country name most similar to `text` (Portugal for Portugl), or None."""
    return nearest(text, [name.title() for name in (*COUNTRY_SYNONYMS, *_countries())], 0.8)


@cache
def _countries() -> dict[str, str]:
    """ISO 3166 codes by casefolded country name."""
    table = resources.files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and line[0] != "#")
    return {name.casefold(): code for code, name in rows}


def _validate_zone(text: str) -> str:
    if text == "UTC" or (text in _place_zones() and _is_loadable(text)):
        return text
    if re.fullmatch(r"(?:UTC|GMT)? ?[+-][0-9:]{1,5}|[A-Z]{3,4}|Etc/.*|[A-Z]{3}[0-9][A-Z]{3}", text):
        raise ValueError(
            f"{quoted(text)} is a clock, not a place: it cannot know when summer time begins. "
            "Write the place, like Europe/Lisbon."
        )
    suggestion = _suggest_zone(text)
    hint = f" Did you mean {quoted(suggestion)}?" if suggestion else ""
    raise ValueError(
        f"{quoted(text)} is no time zone we know.{hint or ' Write one like Europe/Lisbon.'}"
    )


@cache
def _place_zones() -> frozenset[str]:
    """Zones named after a place. Others (CET, Etc/GMT+1) do not follow a place's summer time."""
    excluded = ("Etc/", "SystemV/", "posix/", "right/", "US/", "Brazil/", "Canada/", "Chile/")
    return frozenset(
        zone for zone in available_timezones() if "/" in zone and not zone.startswith(excluded)
    )


def _is_loadable(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (OSError, ValueError):
        return False
    return True


def _suggest_zone(text: str) -> str | None:
    """Returns Europe/Lisbon for Lisbon, europe/lisbon, Lisboa or Europe/Lissabon."""
    if len(text) > 60:
        return None
    town = text.replace(" ", "_")
    cities = {zone.rsplit("/", 1)[1]: zone for zone in sorted(_place_zones(), reverse=True)}
    if match := nearest(town, _place_zones(), 0.8):
        return match
    return cities[match] if (match := nearest(town, cities)) else None


def _validate_yes_no(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("yes", "no"):
        return value == "yes"
    raise ValueError("Write yes or no.")


Slug = Annotated[
    str,
    AfterValidator(_validate_slug),
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
    AfterValidator(_validate_currency),
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
    AfterValidator(_validate_country),
    WithJsonSchema(
        {
            # YAML 1.1 parses Norway's NO as false.
            "anyOf": [{"type": "string", "pattern": "^[A-Z]{2}$"}, {"enum": [False]}],
            "examples": ["PT", "DE", "GB"],
            "description": "The country, in two letters (ISO 3166).",
        }
    ),
]
ZoneName = Annotated[
    str,
    AfterValidator(_validate_zone),
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
    BeforeValidator(_validate_yes_no),
    WithJsonSchema({"enum": ["yes", "no", True, False], "description": "yes or no"}),
]
