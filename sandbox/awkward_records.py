"""Records that a careless reader or template would stumble over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

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
        token="awkward",  # noqa: S106 - part of an address, not a secret
        key="&amp;<>",
    )
    first = FIRST_CHECKOUT + 900_000_000
    return [
        replace(checkout, number=first + index, customer=customer.number)
        for index, customer in enumerate(customers)
    ]
