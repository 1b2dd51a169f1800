"""Nobody is mailed at a placeholder or at one of the shop's own addresses."""

from __future__ import annotations

import asyncio

import pytest
from sqlmodel import col

from engine.sync.sync import sync_all
from shop.tables import Customer, Message
from tests.cafe import HOUR, MARCH, Cafe
from tests.rows import identity, statement

CART = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}]
    include backlog: yes
"""


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("ana@cornercafe.example", {"skipped": 1}),
        ("ANA@cornercafe.example", {"skipped": 1}),
        ("noemail@noemail.com", {"skipped": 1}),
        ("ana@example.com", {"rehearsed": 1}),
    ],
)
def test_what_was_stored_before_is_not_mailed(
    cafe: Cafe, address: str, outcome: dict[str, int]
) -> None:
    cafe.reread(CART)
    cafe.arrive(
        identities=[identity("guest", email=address)],
        statements=[statement("guest", "yes", MARCH)],
    )
    cafe.cart("guest", MARCH - 4 * HOUR)
    assert cafe.counts() == outcome
    reason = "no address" if "skipped" in outcome else None
    assert cafe.select_all(col(Message.reason)) == [reason]


FILES = """
sources:
  list:
    from: csv
    holds: customers
    file: customers.csv
    columns: {e-mail: Email, first name: First, phone: Phone}
  till:
    from: csv
    holds: orders
    file: orders.csv
    columns: {customer: Email, when: Date, total: Total, order: Order}
rules: {}
"""


def test_such_addresses_join_nobody(cafe: Cafe) -> None:
    (cafe.path.parent / "customers.csv").write_text(
        "Email,First,Phone\n"
        "noemail@noemail.com,Bruno,912345678\n"
        "noemail@noemail.com,Clara,913456789\n"
        "Ana@CornerCafe.example,Guest,\n"
        "test@test.com,,\n"
    )
    (cafe.path.parent / "orders.csv").write_text(
        "Email,Date,Total,Order\n"
        "noemail@noemail.com,2026-02-01,5,1\n"
        "ana@cornercafe.example,2026-02-02,5,2\n"
    )
    cafe.reread(FILES)
    for result in asyncio.run(sync_all(cafe.shop, now=MARCH)):
        assert result.error is None
    customers = set(cafe.select_all(col(Customer.first_name), col(Customer.email)))
    assert {("Bruno", None), ("Clara", None)} <= customers
    assert {address for _, address in customers} == {None}
