"""A tick has no steps exactly if nothing is due: then no Prefect is started for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from engine.run import DeliveryStep, RuleStep, TickInProgress, run_tick, start_tick
from shop.db.engine import write_transaction
from shop.tables import Lock, Message, SignUp
from tests.cafe import FILE, HOUR, MARCH, SECOND, Cafe
from tests.engine.delivery.test_deliver import dead_worker, set_lease
from tests.pages.public.signup_visitors import SIGN_UP, SignUpPages

CART = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{wait: 1 day}, {send: cart-reminder}]
"""
CART_NOW = CART.replace("{wait: 1 day}, ", "").replace("then:", "include backlog: yes\n    then:")


def first_step(cafe: Cafe, seconds: int = 0) -> type | None:
    """Returns the type of the first step of a tick, or None if it has none."""
    started = start_tick(cafe.shop, now=MARCH + seconds * SECOND)
    if not isinstance(started, TickInProgress):
        assert cafe.select_all(model=Lock) == [], "the lock is released"
        return None
    started.steps.close()
    return type(started.first_step)


def nothing_is_known(cafe: Cafe) -> None:
    cafe.reread(CART)


def a_cart_is_too_young(cafe: Cafe) -> None:
    cafe.reread(CART)
    cafe.leave_carts(MARCH, "clara")


def a_series_waits(cafe: Cafe) -> None:
    cafe.reread(CART)
    cafe.run(MARCH - HOUR)
    cafe.leave_carts(MARCH - 3 * HOUR, "clara")
    cafe.run()


def a_mail_waits_for_approval(cafe: Cafe) -> None:
    cafe.reread(CART_NOW.replace("- send", "send").replace("[{send", "[{approve first: yes, send"))
    cafe.leave_carts(MARCH - 3 * HOUR, "clara")
    cafe.run()


def a_mail_waits_for_the_morning(cafe: Cafe) -> None:
    quiet = FILE.replace("sending:", 'sending:\n  quiet hours: "09:00 to 11:00"')
    cafe.reread(quiet + CART_NOW)
    cafe.leave_carts(MARCH - 3 * HOUR, "clara")
    cafe.run()


def a_mail_is_sent(cafe: Cafe) -> None:
    cafe.reread(CART_NOW)
    cafe.leave_carts(MARCH - 3 * HOUR, "clara")
    cafe.run()


@pytest.mark.parametrize(
    "situation",
    [
        nothing_is_known,
        a_cart_is_too_young,
        a_series_waits,
        a_mail_waits_for_approval,
        a_mail_waits_for_the_morning,
        a_mail_is_sent,
    ],
)
def test_a_tick_with_nothing_due_has_no_steps(
    cafe: Cafe, situation: Callable[[Cafe], None]
) -> None:
    situation(cafe)
    first_step(cafe)  # claims what arrived
    assert first_step(cafe, seconds=1) is None


def test_an_enrolment_that_came_due_is_a_step(cafe: Cafe) -> None:
    a_series_waits(cafe)
    started = start_tick(cafe.shop, now=MARCH + timedelta(days=1))
    assert isinstance(started, TickInProgress)
    assert isinstance(started.first_step, RuleStep)
    started.steps.close()


def test_a_customer_who_changed_is_a_step(cafe: Cafe) -> None:
    cafe.reread(CART_NOW)
    assert first_step(cafe) is None
    cafe.leave_carts(MARCH - 3 * HOUR, "clara")
    assert first_step(cafe) is RuleStep


def test_a_queued_mail_is_a_step(cafe: Cafe) -> None:
    cafe.reread(CART_NOW)
    cafe.leave_carts(MARCH - 3 * HOUR, "clara")
    run_tick(cafe.shop, now=MARCH, with_delivery=False)
    assert first_step(cafe) is DeliveryStep


def test_a_mail_of_a_delivery_that_was_killed_is_a_step(cafe: Cafe) -> None:
    cafe.reread(CART_NOW)
    cafe.leave_carts(MARCH - 3 * HOUR, "clara")
    run_tick(cafe.shop, now=MARCH, with_delivery=False)
    set_lease(cafe, dead_worker(), HOUR)
    with write_transaction(cafe.engine) as connection:
        connection.execute(update(Message).values(through="outbox", to_address="x@example.com"))
    assert first_step(cafe) is DeliveryStep
    assert cafe.select_all(col(Message.state)) == ["queued"]


def test_a_sign_up_that_waits_for_its_confirmation_is_a_step(cafe: Cafe) -> None:
    cafe.reread(SIGN_UP)
    SignUpPages(cafe).submit()
    assert cafe.select_all(col(SignUp.state)) == ["queued"]
    assert first_step(cafe) is DeliveryStep
