"""What may happen to a customer between a rule's look and the mail, for every `when`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from shop.db.engine import writing
from shop.tables import Customer, Enrolment, Message
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.rows import identity, order, refund
from tests.triggers.conftest import follow
from tests.triggers.events.occasions import WHENS, When

MIDNIGHT = MARCH.replace(hour=0)
EVERY_WHEN = [pytest.param(when, id=name) for name, when in WHENS.items()]
WAITS = "[{wait: 1 hour}, {send: welcome}]"
PHONE: dict[str, Any] = {"phone": "+351 912 345 678"}


def enrolled(cafe: Cafe, when: When, *names: str, **more: str) -> None:
    """The rule has looked at them, and their mail waits an hour."""
    follow(cafe, when.rules(WAITS, **more))
    cafe.run(MIDNIGHT - 60 * DAY)
    for name in names:
        when.happens(cafe, name, MIDNIGHT)
    cafe.run(MIDNIGHT)
    assert len(cafe.all(col(Enrolment.next_at))) == len(names)


def outcome(cafe: Cafe) -> tuple[Any, ...]:
    return (
        cafe.mailed(),
        [why for why in cafe.all(col(Enrolment.ended)) if why != "done"],
        [why for why in cafe.all(col(Message.reason)) if why],
    )


@pytest.mark.parametrize("when", EVERY_WHEN)
def test_a_no_on_the_way_wins(corner: Cafe, when: When) -> None:
    enrolled(corner, when, "clara")
    corner.says("clara", "no", MIDNIGHT + HOUR / 2)
    corner.run(MIDNIGHT + HOUR)
    assert corner.mailed() == []
    assert len(corner.all(col(Message.id))) + len(outcome(corner)[1]) >= 1
    corner.run(MIDNIGHT + DAY)
    assert corner.mailed() == []


@pytest.mark.parametrize(
    ("when", "mails"),
    [
        pytest.param(when, 2 if name in ("cart abandoned", "survey answered") else 1, id=name)
        for name, when in WHENS.items()
    ],
)
def test_two_who_are_found_to_be_one_have_each_occasion_once(
    corner: Cafe, when: When, mails: int
) -> None:
    """Two baskets, and two answers, are two occasions; all else is the same for one person."""
    enrolled(corner, when, "ana", "bruno")
    known = identity("bruno", email="ana@example.com", version=3, timezone="UTC")
    corner.arrive(identities=[known])
    assert len(corner.all(col(Customer.id))) == 1
    corner.run(MIDNIGHT + HOUR)
    corner.run(MIDNIGHT + 2 * HOUR)
    corner.run(MIDNIGHT + DAY)
    assert corner.mailed() == ["ana"] * mails


@pytest.mark.parametrize("when", EVERY_WHEN[::3])
def test_one_of_two_records_of_a_person_is_mailed_where_they_are_now(
    corner: Cafe, when: When
) -> None:
    """Ana is known by her number alone when Clara, who has the occasion, turns out to be her."""
    corner.arrive(identities=[identity("till-7", **PHONE)])
    enrolled(corner, when, "clara")
    known = identity("clara", email="clara@new.example", version=3, timezone="UTC", **PHONE)
    corner.arrive(identities=[known])
    assert len(corner.all(col(Customer.id))) == 1
    corner.run(MIDNIGHT + HOUR)
    corner.run(MIDNIGHT + DAY)
    assert [mail["To"].addresses[0].addr_spec for mail in corner.mails()] == ["clara@new.example"]


@pytest.mark.parametrize(
    ("given_back", "mailed", "why"),
    [
        pytest.param(1249, ["clara"], [], id="not all of it: a point is left to be thanked for"),
        pytest.param(1250, [], ["the points were taken back"], id="all of it: nothing is left"),
    ],
)
def test_points_taken_back_on_the_way_are_not_thanked_for(
    corner: Cafe, given_back: int, mailed: list[str], why: list[str]
) -> None:
    when = WHENS["points earned"]
    enrolled(corner, when, "clara")
    bought = f"clara-{MIDNIGHT.isoformat()}"
    corner.arrive(refunds=[refund("r", bought, given_back, MIDNIGHT + HOUR / 2)])
    corner.run(MIDNIGHT + HOUR)
    assert outcome(corner) == (mailed, why, [])


def test_of_two_purchases_in_a_week_one_may_be_refunded(corner: Cafe) -> None:
    enrolled(corner, WHENS["points earned"], "clara")
    corner.visits("clara", MIDNIGHT + HOUR / 4)
    corner.arrive(refunds=[refund("r", f"clara-{MIDNIGHT.isoformat()}", 1250, MIDNIGHT + HOUR / 2)])
    corner.run(MIDNIGHT + HOUR)
    assert corner.mailed() == ["clara"]


def test_points_that_were_taken_back_do_not_expire(corner: Cafe) -> None:
    enrolled(corner, WHENS["points expire"], "clara")
    bought = f"clara-{(MIDNIGHT - 16 * DAY).isoformat()}"
    corner.arrive(refunds=[refund("r", bought, 1250, MIDNIGHT + HOUR / 2)])
    corner.run(MIDNIGHT + HOUR)
    assert outcome(corner) == ([], ["the points were spent"], [])


def test_a_refunded_purchase_was_a_visit(corner: Cafe) -> None:
    enrolled(corner, WHENS["no visit"], "clara")
    bought = f"clara-{(MIDNIGHT - 45 * DAY).isoformat()}"
    corner.arrive(refunds=[refund("r", bought, 1250, MIDNIGHT + HOUR / 2)])
    corner.run(MIDNIGHT + HOUR)
    assert corner.mailed() == ["clara"]


def test_a_last_visit_that_was_cancelled_makes_the_absence_longer_and_not_two(
    corner: Cafe,
) -> None:
    """The visit before it came due a day earlier, which is not too late: still one mail."""
    before = MIDNIGHT - 46 * DAY
    follow(corner, WHENS["no visit"].rules(WAITS))
    corner.run(MIDNIGHT - 60 * DAY)
    corner.customer("clara")
    last = order("last", "clara", MIDNIGHT - 45 * DAY)
    corner.arrive(orders=[order("before", "clara", before), last])
    corner.run(MIDNIGHT)
    corner.arrive(orders=[last | {"counts": False, "version": 2}])
    for hours in (0.5, 1, 2, 24, 25, 26):
        corner.run(MIDNIGHT + hours * HOUR)
    assert corner.mailed() == ["clara"]


def test_a_cart_that_is_bought_and_refunded_is_not_left(corner: Cafe) -> None:
    enrolled(corner, WHENS["cart abandoned"], "clara")
    bought = MIDNIGHT + HOUR / 4
    corner.cart("clara", MIDNIGHT - 3 * HOUR, version=2, converted_at=bought)
    corner.visits("clara", bought)
    corner.arrive(refunds=[refund("r", f"clara-{bought.isoformat()}", 1250, bought + HOUR / 4)])
    corner.run(MIDNIGHT + HOUR)
    assert outcome(corner) == ([], ["the cart is no longer waiting"], [])


QUIET_UNTIL_EIGHT = [
    pytest.param(None, "2026-03-03T08:00", id="Lisbon, where the shop is"),
    pytest.param("Atlantic/Azores", "2026-03-03T09:00", id="the Azores, an hour later"),
    pytest.param("America/New_York", "2026-03-03T13:00", id="New York, five hours later"),
    pytest.param("Asia/Tokyo", None, id="Tokyo, where it is the middle of the day"),
    pytest.param("America", "2026-03-03T08:00", id="a continent is no zone: the shop's clock"),
    pytest.param("../../etc/passwd", "2026-03-03T08:00", id="a path is no zone either"),
]


@pytest.mark.parametrize(("zone", "until"), QUIET_UNTIL_EIGHT)
def test_quiet_hours_are_the_customers_own(corner: Cafe, zone: str | None, until: str) -> None:
    """
    shop: {name: Corner Café, country: PT, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12}
    sending: {from: Ana <ana@cornercafe.example>, quiet hours: "21:00 to 08:00"}
    rules:
      abandoned-cart: {when: cart abandoned, for: 3 hours, then: [{send: cart-reminder}]}
    """
    now = datetime.fromisoformat("2026-03-03T05:00+00:00")
    corner.run(now - DAY)
    corner.customer("clara")
    with writing(corner.engine) as connection:  # however it got there
        connection.execute(update(Customer).values(timezone=zone))
    corner.cart("clara", now - 3 * HOUR)
    corner.run(now)
    if until:
        end = datetime.fromisoformat(f"{until}+00:00")
        assert corner.all(col(Message.state), col(Message.due_at)) == [("deferred", end)]
        corner.run(end)
    assert corner.mailed() == ["clara"]
