"""Made-up people on whom a template is tried: with much known about them, and with little."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mail.facts import CartFacts, CartLine, CustomerFacts, Facts, Money, ShopFacts

CAFE = ShopFacts(
    name="Corner Café",
    postal_address="Rua das Flores 12, 1200-192 Lisboa",
    reply_to="ana@cornercafe.example",
    sender_name="Ana",
    currency="EUR",
)
CLARA = CustomerFacts(first_name="Clara", visits=12, favourite="Flat White")
SOMEBODY = CustomerFacts(first_name=None, visits=1, favourite=None)
PICTURE = "https://cornercafe.example/granola.jpg"
GRANOLA = CartLine("Granola", 2, Money(1100, "EUR"), PICTURE)
OAT_MILK = CartLine("Oat milk", 1, Money(250, "EUR"), None)
LINK = "https://cornercafe.example/cart/42"


def sample_facts(*, cart: bool, with_: Collection[str]) -> Iterator[Facts]:
    """Every sort of person a template meets; the rule's own words are all given."""
    carts = [_cart(GRANOLA), _cart(GRANOLA, OAT_MILK)] if cart else [None]
    for customer in (CLARA, SOMEBODY):
        for one in carts:
            yield Facts(
                shop=CAFE,
                customer=customer,
                cart=one,
                with_=dict.fromkeys(with_, "a free coffee"),
                reason="You get this because you said yes at our till on 3 May.",
                unsubscribe_url="https://mail.cornercafe.example/u/1.sample.sample",
            )


def _cart(*lines: CartLine) -> CartFacts:
    return CartFacts(lines, Money(sum(line.total.minor for line in lines), "EUR"), LINK)
