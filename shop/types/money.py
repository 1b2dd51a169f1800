"""Money in minor units, and how many of them a currency's unit has (ISO 4217)."""

from __future__ import annotations

from decimal import Decimal

WITHOUT_MINOR_UNIT = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
WITH_THOUSANDTHS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def decimals(currency: str) -> int:
    """Returns the number of decimals of `currency` (ISO 4217)."""
    if currency in WITHOUT_MINOR_UNIT:
        return 0
    return 3 if currency in WITH_THOUSANDTHS else 2


def minor_units(amount: Decimal, currency: str) -> Decimal:
    """Returns `amount` in minor units: 12.50 EUR is 1250. Fractions of a cent are kept."""
    return amount.scaleb(decimals(currency))
