"""What a template may know about a shop, a customer and a cart: a closed set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Signs a customer reads without thinking; every other currency is named after the amount.
SIGNS = {
    "AUD": "$",
    "BRL": "R$",
    "CAD": "$",
    "EUR": "€",
    "GBP": "£",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "NZD": "$",
    "USD": "$",
}
# ISO 4217: the currencies whose point is not followed by two digits.
WITHOUT_COINS = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"})
WITH_THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency's smallest coin; prints as `€12.50` or `12.50 CHF`."""

    minor: int
    currency: str

    def __str__(self) -> str:
        decimals = _decimals(self.currency)
        whole, rest = divmod(abs(self.minor), 10**decimals)
        amount = f"{whole:,}.{rest:0{decimals}d}" if decimals else f"{whole:,}"
        minus = "-" if self.minor < 0 else ""
        sign = SIGNS.get(self.currency)
        return f"{minus}{sign}{amount}" if sign else f"{minus}{amount} {self.currency}"


def _decimals(currency: str) -> int:
    if currency in WITHOUT_COINS:
        return 0
    return 3 if currency in WITH_THOUSANDTHS else 2


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """The shop, and the person who signs its mail ("Ana" of "Ana at Corner Café")."""

    name: str
    postal_address: str
    reply_to: str
    sender_name: str
    currency: str


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """The person written to; `favourite` is what they bought at least three times."""

    first_name: str | None
    visits: int
    favourite: str | None


@dataclass(frozen=True, slots=True)
class CartLine:
    """One product in a cart, with the total of its line."""

    title: str
    quantity: int
    total: Money
    picture: str | None


@dataclass(frozen=True, slots=True)
class CartFacts:
    """A cart left behind, and the platform's link that brings it back."""

    lines: tuple[CartLine, ...]
    total: Money
    url: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that one letter is written from."""

    shop: ShopFacts
    customer: CustomerFacts
    cart: CartFacts | None
    with_: Mapping[str, str]
    reason: str
    unsubscribe_url: str
