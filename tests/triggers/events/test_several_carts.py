"""Several carts of one customer are one reason to write: about the newest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlmodel import SQLModel, col

from shop.db.engine import write_transaction
from shop.tables import Cart, Enrolment, Message
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.examples import examples
from tests.rows import cart, cart_line, identity

MINUTE = timedelta(minutes=1)
LEFT = MARCH - 3 * HOUR
NEWER = "a newer cart"
SENT = ("rehearsed",)


def leave(cafe: Cafe, key: str, left_at: datetime, **columns: Any) -> None:
    """Clara leaves a cart with this key, or touches it again."""
    version = columns.pop("version", 1)
    row = cart(key, "clara", left_at, version=version, **columns)
    cafe.arrive(carts=[row], cart_lines=[cart_line(key, 0, f"Jam {key}", 1850, version=version)])


def begin(cafe: Cafe) -> None:
    cafe.run(MARCH - 10 * DAY)
    cafe.customer("clara")


def subjects(cafe: Cafe) -> list[str]:
    """Of the mails, the oldest first."""
    mails = sorted(cafe.mails(), key=lambda mail: mail["Date"].datetime)
    return [str(mail["Subject"]) for mail in mails]


def ends(cafe: Cafe) -> dict[str, str | None]:
    """Why the series ended, by the key of the cart."""
    keys = dict(cafe.select_all(col(Cart.id), col(Cart.external_id)))
    rows = cafe.select_all(col(Enrolment.subject_id), col(Enrolment.ended))
    return {keys[cart_id]: ended for cart_id, ended in rows}


@pytest.mark.parametrize("newer_left", [LEFT, LEFT + 5 * MINUTE])
def test_one_mail_about_the_newest_of_two_carts(cafe: Cafe, newer_left: datetime) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
    """
    begin(cafe)
    leave(cafe, "B", newer_left, created_at=LEFT - MINUTE)
    leave(cafe, "A", LEFT, created_at=LEFT - 2 * MINUTE)
    cafe.run(MARCH)
    cafe.run(MARCH + 5 * MINUTE)
    cafe.run(MARCH + HOUR)
    assert subjects(cafe) == ["We kept your Jam B for you"]
    assert ends(cafe) == {"A": NEWER, "B": "done"}


def test_a_series_of_another_rule_that_is_over_decides_nothing(cafe: Cafe) -> None:
    """
    rules:
      quick:
        when: cart abandoned
        for: 1 hour
        then: [{send: cart-reminder}]
      slow:
        when: cart abandoned
        for: 4 hours
        then: [{send: cart-reminder}]
    """
    begin(cafe)
    leave(cafe, "A", MARCH - 4 * HOUR)
    leave(cafe, "B", MARCH - 2 * HOUR)
    cafe.run(MARCH - HOUR + MINUTE)  # quick writes about B and is done with it
    cafe.run(MARCH + MINUTE)
    assert subjects(cafe) == ["We kept your Jam B for you"]
    cafe.run(MARCH + 2 * HOUR + MINUTE)
    assert subjects(cafe) == ["We kept your Jam B for you"] * 2


def test_an_order_before_the_cart_ends_nothing_whatever_others_left(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}, {wait: 1 day}, {send: cart-reminder}]
        stop when: order placed
    """
    begin(cafe)
    cafe.leave_carts(MARCH - 9 * DAY, "bruno")
    cafe.run(MARCH - 9 * DAY + 4 * HOUR)
    cafe.visits("clara", MARCH - DAY)
    leave(cafe, "A", LEFT)
    cafe.run(MARCH)
    cafe.run(MARCH + DAY)
    assert cafe.mailed_names().count("clara") == 2


def test_carts_of_two_who_are_one_person_are_one_reason_to_write(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
    """
    begin(cafe)
    leave(cafe, "A", LEFT)
    cafe.arrive(
        identities=[identity("tablet", email="CLARA@example.com")],
        carts=[cart("B", "tablet", LEFT + MINUTE)],
        cart_lines=[cart_line("B", 0, "Jam B", 1850)],
    )
    cafe.run(MARCH + MINUTE)
    assert subjects(cafe) == ["We kept your Jam B for you"]


def test_a_newer_cart_replaces_the_series_of_an_older_one(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}, {wait: 1 day}, {send: we-miss-you}]
    """
    begin(cafe)
    leave(cafe, "A", LEFT)
    cafe.run(MARCH)
    leave(cafe, "B", MARCH + HOUR)
    cafe.run(MARCH + 4 * HOUR)
    cafe.run(MARCH + DAY)
    assert subjects(cafe) == ["We kept your Jam A for you", "We kept your Jam B for you"]
    assert ends(cafe) == {"A": NEWER, "B": None}
    cafe.run(MARCH + DAY + 4 * HOUR)
    assert len(subjects(cafe)) == 3


def test_a_cart_that_comes_late_was_answered_by_the_reminder_since(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
    """
    begin(cafe)
    leave(cafe, "A", LEFT)
    cafe.run(MARCH)
    leave(cafe, "B", LEFT + 5 * MINUTE)  # left before the mail about the other, read after it
    leave(cafe, "C", LEFT - 5 * MINUTE)
    cafe.run(MARCH + HOUR)
    assert subjects(cafe) == ["We kept your Jam A for you"]
    leave(cafe, "B", MARCH + HOUR, version=2)  # she has been there again since
    cafe.run(MARCH + 4 * HOUR)
    assert subjects(cafe) == ["We kept your Jam A for you", "We kept your Jam B for you"]


def test_a_mail_that_waits_gives_way_to_one_about_the_newer_cart(cafe: Cafe) -> None:
    """
    shop:
      name: Corner Café
      country: PT
      language: en
      currency: EUR
      timezone: Europe/Lisbon
      reply to: ana@cornercafe.example
      postal address: Rua das Flores 12, 1200-192 Lisboa
      public address: https://mail.cornercafe.example
    sending: {from: Ana <ana@cornercafe.example>, quiet hours: "09:00 to 11:30"}
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
    """
    begin(cafe)
    leave(cafe, "A", LEFT)
    cafe.run(MARCH)
    assert subjects(cafe) == []
    leave(cafe, "B", LEFT + 5 * MINUTE)
    cafe.run(MARCH + HOUR)
    cafe.run(MARCH + 2 * HOUR)
    assert subjects(cafe) == ["We kept your Jam B for you"]


def test_a_newer_cart_that_was_bought_ends_the_older_one(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
    """
    begin(cafe)
    leave(cafe, "A", LEFT)
    leave(cafe, "B", LEFT + MINUTE, converted_at=LEFT + MINUTE)
    cafe.run(MARCH)
    assert (subjects(cafe), ends(cafe)) == ([], {"A": NEWER})


def test_an_empty_cart_replaces_none(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
    """
    begin(cafe)
    leave(cafe, "A", LEFT)
    cafe.arrive(carts=[cart("B", "clara", LEFT + MINUTE)])
    cafe.run(MARCH)
    assert subjects(cafe) == ["We kept your Jam A for you"]


def test_a_cart_whose_series_is_over_replaces_none(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
    """
    begin(cafe)
    leave(cafe, "A", LEFT)
    leave(cafe, "B", LEFT + 5 * MINUTE)
    cafe.run(MARCH)
    assert ends(cafe) == {"A": NEWER}
    leave(cafe, "A", MARCH + MINUTE, version=2)
    cafe.run(MARCH + 5 * MINUTE)
    assert subjects(cafe) == ["We kept your Jam B for you"]


@st.composite
def arrivals(draw: st.DrawFn) -> list[tuple[str, int]]:
    """Carts by key, with the minutes before the first look at which they were left."""
    keys = draw(st.permutations(["A", "B", "C", "D"]))
    minutes = draw(st.lists(st.sampled_from([0, 1, 2, 30]), min_size=4, max_size=4))
    return list(zip(keys, minutes, strict=True))[: draw(st.integers(1, 4))]


@settings(max_examples=examples(20), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arriving=arrivals(), looks=st.lists(st.booleans(), min_size=4, max_size=4))
def test_whatever_the_order_of_arrival_one_mail_goes_out(
    corner: Cafe, arriving: Sequence[tuple[str, int]], looks: Sequence[bool]
) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}, {wait: 1 hour}, {send: we-miss-you}]
    """
    empty(corner)
    begin(corner)
    now, known = MARCH, []
    for (key, minutes), look in zip(arriving, looks, strict=False):
        leave(corner, key, LEFT - minutes * MINUTE)
        known.append((-minutes, key))
        if look:
            corner.run(now)
            now += MINUTE
    corner.run(now)
    mails = corner.select_all(col(Message.enrolment_id), col(Message.state))
    assert [state for _, state in mails] == ["rehearsed"]
    running = [key for key, ended in ends(corner).items() if ended is None]
    assert len(running) <= 1
    if not any(looks[: len(arriving)]):
        assert [-minutes for minutes, key in known if key in running] == [
            -max(minutes for minutes, _ in known)
        ]


def empty(cafe: Cafe) -> None:
    with write_transaction(cafe.engine) as connection:
        for table in reversed(SQLModel.metadata.sorted_tables):
            connection.execute(delete(table))
