"""Nobody is mailed at a placeholder or at one of the shop's own addresses."""

from __future__ import annotations

import asyncio

import pytest
from sqlmodel import col

from engine.sync.sync import sync_all
from shop.tables import Customer, Message
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.rows import identity, order, statement

CART = """
consent:
  till: {when buying: may be mailed, told since: 1 January 2024, for: 365 days}
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}]
    include backlog: yes
"""


@pytest.mark.parametrize(
    ("address", "said_yes", "reason"),
    [
        ("ana@cornercafe.example", False, "no address"),
        ("ANA@cornercafe.example", False, "no address"),
        ("ana@cornercafe.example", True, None),
        ("noemail@noemail.com", True, "no address"),
        ("ana@example.com", True, None),
    ],
)
def test_placeholders_stored_before_are_not_mailed_and_owners_only_if_they_said_yes(
    cafe: Cafe, address: str, said_yes: bool, reason: str | None
) -> None:
    cafe.reread(CART)
    cafe.arrive(
        identities=[identity("guest", email=address)],
        statements=[statement("guest", "yes", MARCH)] if said_yes else [],
        orders=[order("1", "guest", MARCH - 30 * DAY, channel="till")],
    )
    cafe.cart("guest", MARCH - 4 * HOUR)
    assert cafe.counts() == {"skipped" if reason else "rehearsed": 1}
    assert cafe.select_all(col(Message.reason)) == [reason]


def test_an_owner_in_their_own_list_keeps_the_address_with_a_yes(cafe: Cafe) -> None:
    (cafe.path.parent / "customers.csv").write_text(
        "Email,First,News\nana@cornercafe.example,Ana,yes\n"
    )
    cafe.reread(
        "sources: {list: {from: csv, holds: customers, file: customers.csv,"
        " columns: {e-mail: Email, first name: First, consent: News}}}\nrules: {}\n"
    )
    for result in asyncio.run(sync_all(cafe.shop, now=MARCH)):
        assert result.error is None
    assert cafe.select_all(col(Customer.email)) == ["ana@cornercafe.example"]


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
