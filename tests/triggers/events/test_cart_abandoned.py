"""`when: cart abandoned`, through a whole tick, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe

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
