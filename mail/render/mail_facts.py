"""The closed set of values that a template may use: shop, customer, occasion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, get_type_hints

from shop.types.money import decimals
from templates.language import ENGLISH, Language


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency's minor unit (cents); prints as `€12.50` or `12.50 CHF`."""

    minor: int
    currency: str
    _language: Language = field(default=ENGLISH, repr=False, compare=False)

    def __str__(self) -> str:
        return self._language.money(self.minor, self.currency, digits=decimals(self.currency))

    def in_language(self, language: Language) -> Money:
        """The same amount, printed as `language` writes it."""
        return replace(self, _language=language)


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """The shop, and the person who signs its mail ("Ana" of "Ana at Corner Café")."""

    name: str
    postal_address: str
    reply_to: str
    sender_name: str
    currency: str


class OwnColumns(dict[str, str]):
    """The owner's own columns of a customer, by their names in templates; only known values."""


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """The recipient; `favourite` is what they bought most often, at least three times."""

    first_name: str | None
    visits: int
    favourite: str | None
    my: OwnColumns = field(default_factory=OwnColumns, hash=False)


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
    more: int = 0  # lines beyond those
    more_total: Money | None = None  # None without such lines


@dataclass(frozen=True, slots=True)
class PointsExpiry:
    """How many points end on one day."""

    points: int
    day: str  # "30 June"


@dataclass(frozen=True, slots=True)
class PointsFacts:
    """Points in the shop's own programme, and the next reward in the owner's words.

    Those that end are the ones that the mail is about, else those that end next.
    """

    balance: int
    earned: int  # in the last seven days
    expiring: int
    expires_on: str | None  # "30 June", or "30 June to 5 July" where they end on several days
    reward: str | None  # "a free coffee"
    missing: int | None  # points still to earn for that reward; 0 where it can be had now
    expiries: tuple[PointsExpiry, ...] = ()  # by day


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """A customer's answer to a survey."""

    words: str | None
    csat: int | None
    nps: int | None
    day: str  # "Tuesday"


@dataclass(frozen=True, slots=True)
class BirthdayFacts:
    """A birthday, without its year."""

    day: str  # "14 March"


@dataclass(frozen=True, slots=True)
class MistakeFacts:
    """The wrong mail that a correction is about."""

    weekday: str  # "Tuesday, 3 March"
    day: str  # "3 March"
    subject: str | None  # None where it is no longer known
    saying: str | None  # the owner's own sentence about it


@cache
def fact_types(facts: Any) -> dict[str, object]:
    """The attributes of a class of `facts` that a template may read, with their types."""
    hints = get_type_hints(facts)
    return {name: hint for name, hint in hints.items() if not name.startswith("_")}


# Facts that only some events have.
PARTS: Mapping[str, type] = {
    "cart": CartFacts,
    "points": PointsFacts,
    "answer": AnswerFacts,
    "birthday": BirthdayFacts,
    "mistake": MistakeFacts,
}


@dataclass(frozen=True, slots=True)
class MailFacts:
    """Everything that one mail is rendered from."""

    shop: ShopFacts
    customer: CustomerFacts
    cart: CartFacts | None
    with_: Mapping[str, str]
    reason: str
    unsubscribe_url: str
    points: PointsFacts | None = None
    answer: AnswerFacts | None = None
    birthday: BirthdayFacts | None = None
    mistake: MistakeFacts | None = None
    language: Language | None = None  # of the mail; None: the shop's
