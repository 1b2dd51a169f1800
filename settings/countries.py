"""Default currency, time zone and language of a country."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from importlib import resources

from settings.model import nearest

# ISO 4217 currency -> ISO 3166 countries. For a missing country, init asks the owner.
CURRENCY_COUNTRIES = {
    "EUR": "AD AT AX BE BG BL CY DE EE ES FI FR GF GP GR HR IE IT LT LU LV MC ME MF MQ MT NL PM PT "
    "RE SI SK SM TF VA YT",
    "USD": "AS BQ EC FM GU MH MP PR PW SV TC TL UM US VG VI",
    "GBP": "GB GG IM JE", "CHF": "CH LI", "DKK": "DK FO GL", "NOK": "BV NO SJ", "SEK": "SE",
    "ISK": "IS", "PLN": "PL", "CZK": "CZ", "HUF": "HU", "RON": "RO", "RSD": "RS", "ALL": "AL",
    "BAM": "BA", "MKD": "MK", "MDL": "MD", "UAH": "UA", "TRY": "TR", "GEL": "GE", "AMD": "AM",
    "AZN": "AZ", "KZT": "KZ", "RUB": "RU", "BYN": "BY", "ILS": "IL PS", "AED": "AE", "SAR": "SA",
    "QAR": "QA", "KWD": "KW", "BHD": "BH", "OMR": "OM", "JOD": "JO", "EGP": "EG", "MAD": "EH MA",
    "TND": "TN", "ZAR": "ZA", "NAD": "NA", "NGN": "NG", "GHS": "GH", "KES": "KE", "TZS": "TZ",
    "UGX": "UG", "RWF": "RW", "MUR": "MU", "MZN": "MZ", "AOA": "AO", "CVE": "CV",
    "XOF": "BF BJ CI GW ML NE SN TG", "XAF": "CF CG CM GA GQ TD", "XPF": "NC PF WF",
    "XCD": "AG AI DM GD KN LC MS VC", "CAD": "CA", "MXN": "MX", "BRL": "BR", "ARS": "AR",
    "CLP": "CL", "COP": "CO", "PEN": "PE", "UYU": "UY", "PYG": "PY", "BOB": "BO", "CRC": "CR",
    "GTQ": "GT", "HNL": "HN", "NIO": "NI", "DOP": "DO", "JMD": "JM", "TTD": "TT", "BSD": "BS",
    "BBD": "BB", "BZD": "BZ", "AUD": "AU CC CX HM KI NF NR TV", "NZD": "CK NU NZ PN TK",
    "FJD": "FJ", "PGK": "PG", "JPY": "JP", "KRW": "KR", "CNY": "CN", "HKD": "HK", "TWD": "TW",
    "SGD": "SG", "MYR": "MY", "THB": "TH", "IDR": "ID", "PHP": "PH", "VND": "VN", "INR": "IN",
    "PKR": "PK", "BDT": "BD", "LKR": "LK", "NPR": "NP",
}  # fmt: skip
# The language that most customers of a shop read. Where a country has several, init asks; the most
# common one is the default.
LANGUAGE_COUNTRIES = {
    "de": "AT CH DE LI",
    "fr": "BF BI BJ BL CD CF CG CI CM DJ DZ FR GA GF GN GP HT LU MA MC MF MG ML MQ MR NC NE PF "
    "PM RE SN TD TG TN WF YT",
    "es": "AR BO CL CO CR CU DO EC ES GQ GT HN MX NI PA PE PR PY SV UY VE",
    "pt": "AO BR CV GW MZ PT ST TL",
    "it": "IT SM VA",
    "nl": "AW BE BQ CW NL SR SX",
}  # fmt: skip
SEVERAL_LANGUAGES = {
    "BE": ("nl", "fr", "de"), "CA": ("en", "fr"), "CH": ("de", "fr", "it"), "LU": ("fr", "de"),
}  # fmt: skip
# The zone of most inhabitants in countries with several zones. For others, init asks the owner.
MAIN_ZONES = {
    "AR": "America/Argentina/Buenos_Aires", "CL": "America/Santiago", "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia", "DE": "Europe/Berlin", "EC": "America/Guayaquil",
    "ES": "Europe/Madrid", "MY": "Asia/Kuala_Lumpur", "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon", "UA": "Europe/Kyiv", "UZ": "Asia/Tashkent",
}  # fmt: skip


def currency_of(country: str) -> str | None:
    """Returns the ISO 4217 code for an ISO 3166 country code (EUR for PT), or None if unknown."""
    return next(
        (
            currency
            for currency, countries in CURRENCY_COUNTRIES.items()
            if country in countries.split()
        ),
        None,
    )


@cache
def language_of(country: str) -> str:
    """Returns the code of the language of an ISO 3166 `country`: pt for PT; en if unknown."""
    return next(
        (code for code, countries in LANGUAGE_COUNTRIES.items() if country in countries.split()),
        "en",
    )


def languages_of(country: str) -> Sequence[str]:
    """Returns the languages of a country, the most common one first."""
    return SEVERAL_LANGUAGES.get(country, (language_of(country),))


def zones_of(country: str) -> Sequence[str]:
    """Returns the IANA time zones of `country`; the most populous one comes first."""
    zones = _zones_by_country().get(country, [])
    main_zone = MAIN_ZONES.get(country)
    return sorted(zones, key=lambda zone: zone != main_zone)


def default_zone(country: str, machine_zone: str | None = None) -> str | None:
    """Returns the country's only zone, else `machine_zone` if it lies there, else its main zone.

    None means that the owner has to choose.
    """
    zones = zones_of(country)
    if machine_zone in zones:
        return machine_zone
    return zones[0] if len(zones) == 1 else MAIN_ZONES.get(country)


def match_zone(text: str, zones: Sequence[str]) -> str | None:
    """Returns the zone of `zones` that `text` names, such as Europe/Lisbon for Lisbon."""
    towns = {zone.rsplit("/", 1)[1].replace("_", " "): zone for zone in zones}
    plain = text.strip()
    if zone := nearest(plain, [*zones], 0.9):
        return zone
    town = nearest(plain, towns, 0.8)
    return towns[town] if town else None


@cache
def _zones_by_country() -> dict[str, list[str]]:
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8")
    zones = defaultdict(list)
    for line in table.splitlines():
        if line and line[0] != "#":
            country, _, zone, *_ = line.split("\t")
            zones[country].append(zone)
    return zones
