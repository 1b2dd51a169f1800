"""`when: cart abandoned`, through a whole tick, on both databases."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from sqlmodel import col

from shop.tables import Enrolment
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.rows import cart, cart_line, order

MINUTE = timedelta(minutes=1)
LEFT = MARCH - 3 * HOUR


def begin_looking(cafe: Cafe) -> None:
    cafe.run(MARCH - 10 * DAY)


@pytest.mark.parametrize(
    ("late", "mailed"), [(timedelta(0), ["clara"]), (-SECOND, []), (SECOND, ["clara"])]
)
def test_exactly_three_hours_count(cafe: Cafe, late: timedelta, mailed: list[str]) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
    """
    begin_looking(cafe)
    cafe.customer("clara")
    cafe.cart("clara", LEFT)
    cafe.run(MARCH + late)
    assert cafe.mailed_names() == mailed


def test_three_hours_pass_in_the_night_the_clocks_change(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
    """
    begin_looking(cafe)
    cafe.customer("clara")
    # 29 March 2026, 01:00 in Lisbon becomes 02:00: three hours stay three hours.
    night = MARCH.replace(day=29, hour=0, minute=30)
    cafe.cart("clara", night)
    cafe.run(night + 3 * HOUR - SECOND)
    assert cafe.mailed_names() == []
    cafe.run(night + 3 * HOUR)
    assert cafe.mailed_names() == ["clara"]


def test_a_cart_is_reminded_of_once_however_often_we_look(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
    """
    begin_looking(cafe)
    cafe.customer("clara")
    cafe.cart("clara", LEFT)
    for hours in range(5):
        cafe.run(MARCH + hours * HOUR)
    cafe.cart("clara", MARCH + HOUR, version=2)  # she looked into it again
    cafe.run(MARCH + 6 * HOUR)
    assert cafe.mailed_names() == ["clara"]


def test_a_bought_cart_is_left_alone(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
    """
    begin_looking(cafe)
    cafe.customer("clara")
    cafe.cart("clara", LEFT, converted_at=LEFT + HOUR)
    assert cafe.counts() == {}


@pytest.mark.parametrize(("total", "mailed"), [(1499, []), (1500, ["clara"]), (1501, ["clara"])])
def test_at_least_15_counts_15(cafe: Cafe, total: int, mailed: list[str]) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        if: {cart total: at least 15}
        then: [{send: cart-reminder}]
    """
    begin_looking(cafe)
    cafe.customer("clara")
    cafe.cart("clara", LEFT, total=total)
    cafe.run()
    assert cafe.mailed_names() == mailed


def test_a_reminder_comes_with_the_way_back_to_the_cart(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
    """
    begin_looking(cafe)
    cafe.customer("clara")
    cafe.cart("clara", LEFT, url="https://corner-cafe.example/recover?key=1")
    cafe.run()
    text = cafe.mails()[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one
    assert "Granola" in text
    assert "€18.50" in text
    assert "https://corner-cafe.example/recover?key=1" in text


def test_a_cart_without_its_link_fails_that_one_mail(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
    """
    begin_looking(cafe)
    for name, url in {"ana": None, "bruno": "https://corner-cafe.example/r"}.items():
        cafe.customer(name)
        cafe.cart(name, LEFT, url=url)
    assert cafe.counts() == {"failed": 1, "rehearsed": 1}
    assert cafe.mailed_names() == ["bruno"]


def test_stop_when_order_placed_ends_it_before_the_mail(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        stop when: order placed
    """
    begin_looking(cafe)
    cafe.customer("ana")
    cafe.customer("bruno")
    for name, ordered in {"ana": LEFT - SECOND, "bruno": LEFT + SECOND}.items():
        cafe.cart(name, LEFT)
        cafe.visits(name, ordered)
    assert cafe.counts() == {"rehearsed": 1, "skipped": 1}
    assert cafe.mailed_names() == ["ana"]


@pytest.mark.parametrize(
    ("ordered", "columns", "mailed"),
    [
        pytest.param(LEFT - 5 * MINUTE - SECOND, {}, ["clara"], id="before the cart was created"),
        pytest.param(LEFT - 5 * MINUTE, {}, [], id="in the second it was created"),
        pytest.param(LEFT - MINUTE, {}, [], id="while it was open"),
        pytest.param(LEFT, {}, [], id="in the second it was left"),
        pytest.param(LEFT + HOUR, {"channel": "till"}, [], id="at the till"),
        pytest.param(
            LEFT - MINUTE, {"counts": False, "awaits_payment": True}, [], id="still to be paid"
        ),
        pytest.param(LEFT - MINUTE, {"counts": False}, ["clara"], id="cancelled or voided"),
    ],
)
def test_an_order_since_the_cart_was_created_ends_it(
    cafe: Cafe, ordered: datetime, columns: dict[str, Any], mailed: list[str]
) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        stop when: order placed
    """
    begin_looking(cafe)
    cafe.customer("clara")
    cafe.cart("clara", LEFT, created_at=LEFT - 5 * MINUTE)
    cafe.arrive(orders=[order("o", "clara", ordered, **columns)])
    cafe.run()
    assert cafe.mailed_names() == mailed


def test_an_order_that_comes_while_the_reminder_waits_ends_it(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}, {wait: 1 hour}, {send: cart-reminder}]
        stop when: order placed
    """
    begin_looking(cafe)
    cafe.customer("clara")
    cafe.cart("clara", LEFT, created_at=LEFT - 5 * MINUTE)
    cafe.run()
    cafe.arrive(orders=[order("o", "clara", LEFT - MINUTE)])
    cafe.run(MARCH + HOUR)
    assert cafe.mailed_names() == ["clara"]
    assert cafe.select_all(col(Enrolment.ended)) == ["stop when: order placed"]


@pytest.mark.parametrize(
    ("total", "quantities", "mailed"),
    [
        (1850, [], []),
        (1850, [0, 0], []),
        (0, [1], []),
        (0, [], []),
        (1850, [0, 1], ["clara"]),
    ],
)
def test_a_cart_of_nothing_is_no_cart(
    cafe: Cafe, total: int, quantities: list[int], mailed: list[str]
) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
    """
    begin_looking(cafe)
    cafe.customer("clara")
    lines = [
        cart_line("c", position, "Granola", 1850) | {"quantity": quantity}
        for position, quantity in enumerate(quantities)
    ]
    cafe.arrive(carts=[cart("c", "clara", LEFT, total=total)], cart_lines=lines)
    cafe.run()
    assert cafe.mailed_names() == mailed
    assert not any("0 ×" in text_of(mail) for mail in cafe.mails())


def test_a_cart_that_is_emptied_in_time_is_not_reminded_of(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{wait: 1 hour}, {send: cart-reminder}]
    """
    begin_looking(cafe)
    cafe.customer("clara")
    cafe.cart("clara", LEFT)
    cafe.run()
    cafe.arrive(carts=[cart("cart-clara", "clara", LEFT, version=2)])
    cafe.run(MARCH + HOUR)
    assert cafe.mailed_names() == []
    assert cafe.select_all(col(Enrolment.ended)) == ["the cart is no longer waiting"]


def test_of_a_large_cart_the_mail_says_how_many_more_there_are(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
    """
    begin_looking(cafe)
    for name, count in {"ana": 20, "bruno": 21, "clara": 30}.items():
        cafe.customer(name)
        lines = [cart_line(name, number, f"Jam {number:02}", 100) for number in range(count)]
        cafe.arrive(carts=[cart(name, name, LEFT, total=count * 100)], cart_lines=lines)
    cafe.run()
    texts = [text_of(mail) for mail in cafe.mails()]
    assert [text.count("1 × Jam") for text in texts] == [20, 20, 20]
    assert [re.findall(r"and (\d+) more +(\S+)", text) for text in texts] == [
        [],
        [("1", "€1.00")],
        [("10", "€10.00")],
    ]
    assert "€30.00" in texts[2]


def text_of(mail: EmailMessage) -> str:
    return str(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]  # it has one


def test_a_yes_that_comes_in_time_is_asked_again(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
    """
    begin_looking(cafe)
    cafe.customer("clara", says=None)
    cafe.cart("clara", LEFT)
    assert cafe.counts(MARCH) == {"skipped": 1}
    cafe.record_consent("clara", "yes", MARCH)
    assert cafe.counts(MARCH + HOUR) == {"rehearsed": 1}
    assert cafe.mailed_names() == ["clara"]


def test_a_yes_that_comes_too_late_is_too_late(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
    """
    begin_looking(cafe)
    cafe.customer("clara", says=None)
    cafe.cart("clara", LEFT)
    cafe.run(MARCH)
    cafe.record_consent("clara", "yes", MARCH + DAY)
    assert cafe.counts(MARCH + DAY + SECOND) == {"skipped": 1}
    assert cafe.mailed_names() == []


def test_an_old_cart_is_no_backlog(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    for name, late in {"ana": DAY, "bruno": DAY + SECOND}.items():
        cafe.customer(name)
        cafe.cart(name, LEFT - late)
    cafe.run()
    assert cafe.mailed_names() == ["ana"]
