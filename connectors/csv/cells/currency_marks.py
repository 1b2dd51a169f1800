"""What stands beside an amount: the currencies that a sign, code or word may mean."""

from __future__ import annotations

from functools import cache

# The signs that people type; one sign may belong to several currencies.
CURRENCIES_BY_MARK = {
    "€": "EUR", "euro": "EUR", "euros": "EUR",
    "£": "GBP EGP FKP GIP LBP SDG SHP SSP SYP", "quid": "GBP",
    "$": "USD ARS AUD BBD BMD BND BSD BZD CAD CLP COP CUP CVE DOP FJD GYD HKD JMD KYD LRD MXN NAD "
    "NZD SBD SGD SRD TTD TWD TVD UYU XCD",
    "us$": "USD", "u$s": "USD", "a$": "AUD", "au$": "AUD", "c$": "CAD NIO", "ca$": "CAD",
    "can$": "CAD", "nz$": "NZD", "s$": "SGD", "sg$": "SGD", "hk$": "HKD", "nt$": "TWD",
    "mx$": "MXN", "j$": "JMD", "ec$": "XCD", "r$": "BRL", "reais": "BRL", "real": "BRL",
    "¥": "JPY CNY", "円": "JPY", "元": "CNY TWD HKD", "rmb": "CNY",
    "kr": "DKK ISK NOK SEK", "kroner": "DKK NOK", "kronor": "SEK",
    "fr": "CHF", "sfr": "CHF", "franken": "CHF", "zł": "PLN", "zl": "PLN", "kč": "CZK",
    "kc": "CZK", "ft": "HUF", "lei": "RON MDL", "leu": "RON MDL", "лв": "BGN", "lv": "BGN",
    "₽": "RUB", "руб": "RUB", "р": "RUB", "₴": "UAH", "грн": "UAH", "₺": "TRY", "tl": "TRY",
    "₪": "ILS", "₹": "INR", "₨": "INR LKR MUR NPR PKR SCR", "rs": "INR LKR MUR NPR PKR SCR",
    "৳": "BDT", "₩": "KRW", "₫": "VND", "฿": "THB", "₱": "PHP", "rp": "IDR", "rm": "MYR",
    "r": "ZAR", "₦": "NGN", "₵": "GHS", "ksh": "KES", "tsh": "TZS", "ush": "UGX", "dh": "AED MAD",
    "s/": "PEN", "bs": "BOB VES", "q": "GTQ", "l": "HNL", "₡": "CRC", "₲": "PYG", "km": "BAM",
    "din": "RSD", "₸": "KZT", "₾": "GEL", "֏": "AMD", "₼": "AZN",
}  # fmt: skip

WORDS = {"dollar": "$", "dollars": "$", "pound": "£", "pounds": "£", "peso": "$", "pesos": "$"}


def other_currency_error(mark: str, currency: str) -> str:
    """Return why a total with `mark` cannot be read as an amount in `currency`."""
    return (
        f"The total is in {mark}, and not in {currency}. Name the column of the currency, or that "
        "of the whole file, with currency."
    )


def currencies_of(mark: str) -> frozenset[str]:
    """Return the ISO 4217 codes that `mark` may mean; empty where it is no currency."""
    text = WORDS.get(mark.casefold(), mark.casefold().rstrip("."))
    if currencies := CURRENCIES_BY_MARK.get(text):
        return frozenset(currencies.split())
    return frozenset([text.upper()]) if text.upper() in _codes() else frozenset()


@cache
def _codes() -> frozenset[str]:
    from babel.numbers import list_currencies

    return frozenset(list_currencies())
