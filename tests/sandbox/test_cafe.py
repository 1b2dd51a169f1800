"""The generated café: plausible, consistent, reproducible from its seed."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from sandbox.cafe import Cafe, cafe
from sandbox.checkouts import Checkout, draw_checkouts
from sandbox.customers import Customer
from sandbox.orders import Order
from tests.sandbox.awkward_records import add_awkward_records

A_DAY = timedelta(days=1)


@pytest.fixture(scope="module", params=[7, 1, 2, 3], ids="seed {}".format)
def shop(request: pytest.FixtureRequest) -> Cafe:
    return cafe(seed=request.param)


@pytest.fixture(scope="module")
def people(shop: Cafe) -> dict[int, Customer]:
    return {customer.number: customer for customer in shop.customers}


@pytest.fixture(scope="module")
def visits(shop: Cafe) -> dict[int, list[Order]]:
    orders_by_customer: dict[int, list[Order]] = defaultdict(list)
    for order in shop.orders:
        if order.customer is not None:
            orders_by_customer[order.customer].append(order)
    return orders_by_customer


def test_the_same_seed_gives_the_same_cafe_and_another_seed_another() -> None:
    assert cafe(60, seed=3) == cafe(60, seed=3)
    assert cafe(60, seed=3) != cafe(60, seed=4)


def test_now_is_a_tuesday_at_ten_in_lisbon(shop: Cafe) -> None:
    assert shop.now == datetime(2026, 3, 3, 10, tzinfo=UTC)
    assert shop.now.strftime("%A") == "Tuesday"


def test_nothing_happens_after_now_or_before_the_cafe_opened(shop: Cafe) -> None:
    moments = [customer.updated_at for customer in shop.customers]
    moments += [customer.created_at for customer in shop.customers]
    moments += [moment for order in shop.orders for moment in (order.placed_at, order.updated_at)]
    moments += [checkout.updated_at for checkout in shop.checkouts]
    assert max(moments) <= shop.now
    assert min(moments) > shop.now - timedelta(days=560)


def test_every_number_is_given_once(shop: Cafe) -> None:
    for records in (shop.customers, shop.orders, shop.checkouts):
        numbers = [record.number for record in records]
        assert len(set(numbers)) == len(numbers)


def test_order_numbers_follow_their_time(shop: Cafe) -> None:
    assert [order.placed_at for order in shop.orders] == sorted(o.placed_at for o in shop.orders)


def test_addresses_are_unique_and_under_domains_reserved_for_examples(shop: Cafe) -> None:
    addresses = [customer.email for customer in shop.customers if customer.email]
    assert len(set(addresses)) == len(addresses)
    assert all(address.isascii() for address in addresses)
    assert {address.split("@")[1] for address in addresses} == {
        "example.com",
        "example.org",
        "example.net",
    }
    assert 2 <= sum(customer.email is None for customer in shop.customers) <= 30


def test_names_are_as_mixed_as_a_lisbon_street(shop: Cafe) -> None:
    names = [customer.first_name for customer in shop.customers]
    assert 5 <= names.count(None) <= 40
    assert sum(not name.isascii() for name in names if name) >= 20


def test_most_said_yes_to_mail_and_every_other_answer_occurs(shop: Cafe) -> None:
    states = Counter(customer.consent.state for customer in shop.customers)
    assert 0.5 <= states["SUBSCRIBED"] / len(shop.customers) <= 0.7
    assert set(states) == {"SUBSCRIBED", "NOT_SUBSCRIBED", "PENDING", "UNSUBSCRIBED", "INVALID"}
    for customer in shop.customers:
        dated = customer.consent.state in ("SUBSCRIBED", "UNSUBSCRIBED", "PENDING")
        assert (customer.consent.since is not None) == (customer.consent.level is not None) == dated


def test_a_third_gave_a_real_birthday_and_some_have_it_this_week(shop: Cafe) -> None:
    birthdays = [
        date.fromisoformat(customer.birthday) for customer in shop.customers if customer.birthday
    ]
    assert 0.25 <= len(birthdays) / len(shop.customers) <= 0.42
    week = {(shop.now + days * A_DAY).strftime("%m-%d") for days in range(1, 8)}
    assert sum(f"{day:%m-%d}" in week for day in birthdays) >= 3


def test_a_few_are_staff_family_and_friends_of_the_house(shop: Cafe) -> None:
    tags = Counter(tag for customer in shop.customers for tag in customer.tags)
    assert {"staff", "family", "vip"} <= set(tags)
    assert sum(tags.values()) < 0.25 * len(shop.customers)


def test_a_customers_sums_are_those_of_their_orders(
    shop: Cafe, visits: dict[int, list[Order]]
) -> None:
    for customer in shop.customers:
        orders = visits[customer.number]
        assert customer.orders == len(orders)
        assert customer.spent == sum(order.total for order in orders if not order.test)
        assert all(customer.updated_at >= order.updated_at for order in orders)
        assert all(customer.created_at <= order.placed_at for order in orders)
        assert (
            customer.updated_at
            >= (customer.consent.since or customer.created_at)
            >= customer.created_at
        )


def test_there_are_regulars_who_still_come_and_regulars_who_stopped(
    shop: Cafe, visits: dict[int, list[Order]]
) -> None:
    lasts = {
        number: shop.now - max(order.placed_at for order in orders)
        for number, orders in visits.items()
        if len(orders) >= 4
    }
    away = [
        absence
        for absence in lasts.values()
        if timedelta(days=45) <= absence <= timedelta(days=200)
    ]
    assert len([absence for absence in lasts.values() if absence < timedelta(days=30)]) >= 40
    assert len(away) >= 12


def test_the_till_keeps_opening_hours_and_both_channels_sell(shop: Cafe) -> None:
    till = [order.placed_at for order in shop.orders if order.channel == "pos"]
    assert all(8 <= moment.hour < 18 and moment.strftime("%A") != "Monday" for moment in till)
    channels = Counter(order.channel for order in shop.orders)
    assert set(channels) == {"pos", "web"}
    assert channels["pos"] > channels["web"] > 100


def test_a_few_orders_were_cancelled_tests_or_of_nobody(shop: Cafe) -> None:
    cancelled = [order for order in shop.orders if order.cancelled_at]
    tests = [order for order in shop.orders if order.test]
    nobody = [order for order in shop.orders if order.customer is None]
    assert 5 <= len(cancelled) <= 60
    assert 3 <= len(tests) <= 40
    assert 30 <= len(nobody) <= 200
    assert all(order.total == 0 for order in cancelled)


def due_checkouts(shop: Cafe) -> list[Checkout]:
    """Return the checkouts that need a reminder after three hours, at most a day late."""
    people = {customer.number: customer for customer in shop.customers}
    latest = {order.customer: order.placed_at for order in shop.orders}
    return [
        checkout
        for checkout in shop.checkouts
        if timedelta(hours=3) < shop.now - checkout.updated_at < A_DAY
        and checkout.completed_at is None
        and people[checkout.customer].may_be_mailed
        and latest.get(checkout.customer, checkout.created_at) <= checkout.created_at
    ]


def test_a_dozen_reminders_are_due_and_most_carts_are_worth_one(shop: Cafe) -> None:
    assert len(shop.checkouts) == 40
    assert len(due_checkouts(shop)) == 12
    assert sum(checkout.total >= 1_500 for checkout in due_checkouts(shop)) >= 8
    assert len({checkout.customer for checkout in shop.checkouts}) == 40


def test_a_customer_with_a_recent_order_has_no_checkout_to_remind_of(shop: Cafe) -> None:
    people = {customer.number: customer for customer in shop.customers}
    rng = Random(1)  # noqa: S311 - a seeded café, not a secret
    checkout, orders = draw_checkouts(shop.customers, set(), shop.now, rng)
    assert orders == []
    assert not any(people[checkout.customer].may_be_mailed for checkout in checkout)
    customer_number = due_checkouts(shop)[0].customer
    checkout, _ = draw_checkouts(shop.customers, {customer_number}, shop.now, rng)
    assert {c.customer for c in checkout if people[c.customer].may_be_mailed} == {customer_number}


def test_a_larger_cafe_has_as_many_more(shop: Cafe) -> None:
    large = cafe(3_000, seed=len(shop.orders))
    assert len(large.checkouts) == 400
    assert len(due_checkouts(large)) == 120


def test_other_checkouts_were_completed_overtaken_or_left_by_people_who_want_no_mail(
    shop: Cafe, people: dict[int, Customer]
) -> None:
    latest = {order.customer: order.placed_at for order in shop.orders}
    completed = [checkout for checkout in shop.checkouts if checkout.completed_at]
    long_ago = shop.now - 999 * A_DAY
    overtaken = [
        checkout
        for checkout in shop.checkouts
        if not checkout.completed_at
        and latest.get(checkout.customer, long_ago) > checkout.updated_at
    ]
    unwilling = [
        checkout for checkout in shop.checkouts if not people[checkout.customer].may_be_mailed
    ]
    fresh = [
        checkout
        for checkout in shop.checkouts
        if shop.now - checkout.updated_at < timedelta(hours=3)
    ]
    assert min(map(len, (completed, overtaken, unwilling))) >= 3
    assert "UNSUBSCRIBED" in {people[checkout.customer].consent.state for checkout in unwilling}
    assert fresh
    assert all(latest[checkout.customer] >= checkout.updated_at for checkout in completed)


def test_a_checkout_adds_up_and_leads_back_to_the_shop(
    shop: Cafe, people: dict[int, Customer]
) -> None:
    for checkout in shop.checkouts:
        assert 1 <= len(checkout.lines) <= 4
        assert (
            checkout.total == sum(line.product.price * line.quantity for line in checkout.lines) > 0
        )
        assert checkout.url.startswith("https://corner-cafe.example/checkouts/")
        assert people[checkout.customer].created_at <= checkout.created_at <= checkout.updated_at


def test_awkward_records_are_added_to_an_unchanged_cafe() -> None:
    plain, awkward = cafe(30), add_awkward_records(cafe(30))
    added = awkward.customers[30:]
    assert awkward.customers[:30] == plain.customers
    assert any("<script>" in (customer.first_name or "") for customer in added)
    assert any(len((customer.first_name or "").encode()) > 4_000 for customer in added)
    assert {checkout.customer for checkout in awkward.checkouts} >= {
        customer.number for customer in added
    }
    assert not any("<" in (customer.first_name or "") for customer in plain.customers)


@pytest.mark.parametrize("customers", [0, 1, 5])
def test_a_tiny_cafe_is_a_cafe_too(customers: int) -> None:
    assert len(cafe(customers).customers) == customers
