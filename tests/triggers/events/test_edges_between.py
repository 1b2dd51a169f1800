"""What may happen to a customer between the evaluation of a rule and the mail, for every event."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from shop.db.engine import write_transaction
from shop.tables import Customer, Enrolment, Message
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.rows import identity, order, refund, statement
from tests.triggers.conftest import set_rules
from tests.triggers.events.occasions import EVENT_CASES, EventCase

MIDNIGHT = MARCH.replace(hour=0)
ALL_EVENTS = [pytest.param(when, id=name) for name, when in EVENT_CASES.items()]
STEPS_WITH_WAIT = "[{wait: 1 hour}, {send: welcome}]"
PHONE: dict[str, Any] = {"phone": "+351 912 345 678"}


def enrol_all(cafe: Cafe, case: EventCase, *names: str, **more: str) -> None:
    """Enrols the customers; their mail waits an hour."""
    set_rules(cafe, case.rules(STEPS_WITH_WAIT, **more))
    cafe.run(MIDNIGHT - 60 * DAY)
    for name in names:
        case.make_occasion(cafe, name, MIDNIGHT)
    cafe.run(MIDNIGHT)
    assert len(cafe.select_all(col(Enrolment.next_at))) == len(names)


def outcome(cafe: Cafe) -> tuple[Any, ...]:
    return (
        cafe.mailed_names(),
        [reason for reason in cafe.select_all(col(Enrolment.ended)) if reason != "done"],
        [reason for reason in cafe.select_all(col(Message.reason)) if reason],
    )


@pytest.mark.parametrize("case", ALL_EVENTS)
def test_an_opt_out_between_evaluation_and_mail_wins(corner: Cafe, case: EventCase) -> None:
    enrol_all(corner, case, "clara")
    corner.record_consent("clara", "no", MIDNIGHT + HOUR / 2)
    corner.run(MIDNIGHT + HOUR)
    assert corner.mailed_names() == []
    assert len(corner.select_all(col(Message.id))) + len(outcome(corner)[1]) >= 1
    corner.run(MIDNIGHT + DAY)
    assert corner.mailed_names() == []


@pytest.mark.parametrize("case", ALL_EVENTS)
def test_two_who_are_found_to_be_one_have_each_occasion_once(corner: Cafe, case: EventCase) -> None:
    """Of two carts the newer counts; the other occasions are the same for one person."""
    enrol_all(corner, case, "ana", "bruno")
    identity_row = identity("bruno", email="ana@example.com", version=3, timezone="UTC")
    corner.arrive(identities=[identity_row])
    assert len(corner.select_all(col(Customer.id))) == 1
    corner.run(MIDNIGHT + HOUR)
    corner.run(MIDNIGHT + 2 * HOUR)
    corner.run(MIDNIGHT + DAY)
    assert corner.mailed_names() == ["ana"]


@pytest.mark.parametrize("case", ALL_EVENTS[::3])
def test_one_of_two_records_of_a_person_is_mailed_where_they_are_now(
    corner: Cafe, case: EventCase
) -> None:
    """Ana is known by her number alone when Clara, who has the occasion, turns out to be her."""
    corner.arrive(identities=[identity("till-7", **PHONE)])
    enrol_all(corner, case, "clara")
    identity_row = identity("clara", email="clara@new.example", version=3, timezone="UTC", **PHONE)
    restated = statement("clara", "yes", MARCH - 401 * DAY, recorded_at=MIDNIGHT)
    corner.arrive(identities=[identity_row], statements=[restated])
    assert len(corner.select_all(col(Customer.id))) == 1
    corner.run(MIDNIGHT + HOUR)
    corner.run(MIDNIGHT + DAY)
    assert [mail["To"].addresses[0].addr_spec for mail in corner.mails()] == ["clara@new.example"]


@pytest.mark.parametrize(
    ("refunded", "mailed", "reasons"),
    [
        pytest.param(1249, ["clara"], [], id="not all of it: a point is left to be thanked for"),
        pytest.param(1250, [], ["the points were taken back"], id="all of it: nothing is left"),
    ],
)
def test_points_taken_back_on_the_way_are_not_thanked_for(
    corner: Cafe, refunded: int, mailed: list[str], reasons: list[str]
) -> None:
    case = EVENT_CASES["points earned"]
    enrol_all(corner, case, "clara")
    order_key = f"clara-{MIDNIGHT.isoformat()}"
    corner.arrive(refunds=[refund("r", order_key, refunded, MIDNIGHT + HOUR / 2)])
    corner.run(MIDNIGHT + HOUR)
    assert outcome(corner) == (mailed, reasons, [])


def test_of_two_purchases_in_a_week_one_may_be_refunded(corner: Cafe) -> None:
    enrol_all(corner, EVENT_CASES["points earned"], "clara")
    corner.visits("clara", MIDNIGHT + HOUR / 4)
    corner.arrive(refunds=[refund("r", f"clara-{MIDNIGHT.isoformat()}", 1250, MIDNIGHT + HOUR / 2)])
    corner.run(MIDNIGHT + HOUR)
    assert corner.mailed_names() == ["clara"]


def test_points_that_were_taken_back_do_not_expire(corner: Cafe) -> None:
    enrol_all(corner, EVENT_CASES["points expire"], "clara")
    order_key = f"clara-{(MIDNIGHT - 16 * DAY).isoformat()}"
    corner.arrive(refunds=[refund("r", order_key, 1250, MIDNIGHT + HOUR / 2)])
    corner.run(MIDNIGHT + HOUR)
    assert outcome(corner) == ([], ["the points were spent"], [])


def test_a_refunded_purchase_was_a_visit(corner: Cafe) -> None:
    enrol_all(corner, EVENT_CASES["no visit"], "clara")
    order_key = f"clara-{(MIDNIGHT - 45 * DAY).isoformat()}"
    corner.arrive(refunds=[refund("r", order_key, 1250, MIDNIGHT + HOUR / 2)])
    corner.run(MIDNIGHT + HOUR)
    assert corner.mailed_names() == ["clara"]


def test_a_last_visit_that_was_cancelled_makes_the_absence_longer_and_not_two(
    corner: Cafe,
) -> None:
    """The visit before it came due a day earlier, which is not too late: still one mail."""
    earlier_visit = MIDNIGHT - 46 * DAY
    set_rules(corner, EVENT_CASES["no visit"].rules(STEPS_WITH_WAIT))
    corner.run(MIDNIGHT - 60 * DAY)
    corner.customer("clara")
    last_order = order("last", "clara", MIDNIGHT - 45 * DAY)
    corner.arrive(orders=[order("before", "clara", earlier_visit), last_order])
    corner.run(MIDNIGHT)
    corner.arrive(orders=[last_order | {"counts": False, "version": 2}])
    for hours in (0.5, 1, 2, 24, 25, 26):
        corner.run(MIDNIGHT + hours * HOUR)
    assert corner.mailed_names() == ["clara"]


def test_a_cart_that_is_bought_and_refunded_is_not_left(corner: Cafe) -> None:
    enrol_all(corner, EVENT_CASES["cart abandoned"], "clara")
    bought_at = MIDNIGHT + HOUR / 4
    corner.cart("clara", MIDNIGHT - 3 * HOUR, version=2, converted_at=bought_at)
    corner.visits("clara", bought_at)
    corner.arrive(
        refunds=[refund("r", f"clara-{bought_at.isoformat()}", 1250, bought_at + HOUR / 4)]
    )
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
    shop: {name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12}
    sending: {from: Ana <ana@cornercafe.example>, quiet hours: "21:00 to 08:00"}
    rules:
      abandoned-cart: {when: cart abandoned, for: 3 hours, then: [{send: cart-reminder}]}
    """
    now = datetime.fromisoformat("2026-03-03T05:00+00:00")
    corner.run(now - DAY)
    corner.customer("clara")
    with write_transaction(corner.engine) as connection:  # however it got there
        connection.execute(update(Customer).values(timezone=zone))
    corner.cart("clara", now - 3 * HOUR)
    corner.run(now)
    if until:
        end = datetime.fromisoformat(f"{until}+00:00")
        assert corner.select_all(col(Message.state), col(Message.due_at)) == [("deferred", end)]
        corner.run(end)
    assert corner.mailed_names() == ["clara"]
