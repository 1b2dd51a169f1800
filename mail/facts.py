"""What a template may know about a shop, a customer and a cart: a closed set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shop.money import decimals

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


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency's smallest coin; prints as `€12.50` or `12.50 CHF`."""

    minor: int
    currency: str

    def __str__(self) -> str:
        places = decimals(self.currency)
        whole, rest = divmod(abs(self.minor), 10**places)
        amount = f"{whole:,}.{rest:0{places}d}" if places else f"{whole:,}"
        minus = "-" if self.minor < 0 else ""
        sign = SIGNS.get(self.currency)
        return f"{minus}{sign}{amount}" if sign else f"{minus}{amount} {self.currency}"


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
