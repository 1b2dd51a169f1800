"""Records with hostile text, which a careless parser or template would get wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sandbox.cafe import FIRST_CUSTOMER, Cafe
from sandbox.checkouts import FIRST_CHECKOUT, Checkout
from sandbox.customers import Consent, Customer
from sandbox.menu import ONLINE, Line, Product

NAMES = (
    ("<script>alert('olá')</script>", "{{ 7 * 7 }}"),
    ("مريم", "\u202eالقهوة\u202c"),
    ("☕️👩‍🍳🎉", "🥐"),
    ("Ana\r\nBcc: everyone@example.com", 'O\'Brien & "Sons"'),
    ("Maximiliana" * 380, "Longo"),
)
HOSTILE = Product(8_999, "<img src=x onerror=alert(1)> & beans", "BEAN-<>", 950)


def add_awkward_records(shop: Cafe) -> Cafe:
    """Return `shop` with hostile customers and checkouts after its own."""
    customers = awkward_customers(FIRST_CUSTOMER + len(shop.customers), shop.now)
    return replace(
        shop,
        customers=shop.customers + customers,
        checkouts=shop.checkouts + awkward_checkouts(customers, shop.now),
    )


def awkward_customers(first: int, now: datetime) -> list[Customer]:
    joined = now - timedelta(days=60)
    return [
        Customer(
            number=first + index,
            first_name=names[0],
            last_name=names[1],
            email=f"awkward.{index}@example.com",
            phone=None,
            consent=Consent("SUBSCRIBED", "SINGLE_OPT_IN", joined),
            birthday="1990-03-05",
            tags=("<b>vip</b>", "a, b"),
            locale="en",
            created_at=joined,
            updated_at=joined,
        )
        for index, names in enumerate(NAMES)
    ]


def awkward_checkouts(customers: list[Customer], now: datetime) -> list[Checkout]:
    checkout = Checkout(
        number=0,
        customer=0,
        lines=(Line(HOSTILE, 1), Line(ONLINE[0], 2)),
        created_at=now - timedelta(hours=6),
        updated_at=now - timedelta(hours=5),
        completed_at=None,
        token="awkward",
        key="&amp;<>",
    )
    first = FIRST_CHECKOUT + 900_000_000
    return [
        replace(checkout, number=first + index, customer=customer.number)
        for index, customer in enumerate(customers)
    ]
