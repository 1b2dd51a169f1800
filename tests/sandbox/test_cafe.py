"""The café is believable, adds up, and is the same for the same seed."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from sandbox.cafe import Cafe, cafe
from sandbox.checkouts import Checkout, left_behind
from sandbox.customers import Customer
from sandbox.orders import Order

A_DAY = timedelta(days=1)


@pytest.fixture(scope="module", params=[7, 1, 2, 3], ids="seed {}".format)
def shop(request: pytest.FixtureRequest) -> Cafe:
    return cafe(seed=request.param)


@pytest.fixture(scope="module")
def people(shop: Cafe) -> dict[int, Customer]:
    return {customer.number: customer for customer in shop.customers}


@pytest.fixture(scope="module")
def visits(shop: Cafe) -> dict[int, list[Order]]:
    found: dict[int, list[Order]] = defaultdict(list)
    for order in shop.orders:
        if order.customer is not None:
            found[order.customer].append(order)
    return found


def test_the_same_seed_gives_the_same_cafe_and_another_seed_another() -> None:
    assert cafe(60, seed=3) == cafe(60, seed=3)
    assert cafe(60, seed=3) != cafe(60, seed=4)


def test_now_is_a_tuesday_at_ten_in_lisbon(shop: Cafe) -> None:
    assert shop.now == datetime(2026, 3, 3, 10, tzinfo=UTC)
    assert shop.now.strftime("%A") == "Tuesday"


def test_nothing_happens_after_now_or_before_the_cafe_opened(shop: Cafe) -> None:
    moments = [who.updated_at for who in shop.customers]
    moments += [who.created_at for who in shop.customers]
    moments += [moment for order in shop.orders for moment in (order.placed_at, order.updated_at)]
    moments += [left.updated_at for left in shop.checkouts]
    assert max(moments) <= shop.now
    assert min(moments) > shop.now - timedelta(days=560)


def test_every_number_is_given_once(shop: Cafe) -> None:
    for records in (shop.customers, shop.orders, shop.checkouts):
        numbers = [record.number for record in records]
        assert len(set(numbers)) == len(numbers)


def test_order_numbers_follow_their_time(shop: Cafe) -> None:
    assert [order.placed_at for order in shop.orders] == sorted(o.placed_at for o in shop.orders)


def test_addresses_are_unique_and_under_domains_reserved_for_examples(shop: Cafe) -> None:
    addresses = [who.email for who in shop.customers if who.email]
    assert len(set(addresses)) == len(addresses)
    assert all(address.isascii() for address in addresses)
    assert {address.split("@")[1] for address in addresses} == {
        "example.com",
        "example.org",
        "example.net",
    }
    assert 2 <= sum(who.email is None for who in shop.customers) <= 30


def test_names_are_as_mixed_as_a_lisbon_street(shop: Cafe) -> None:
    names = [who.first_name for who in shop.customers]
    assert 5 <= names.count(None) <= 40
    assert sum(not name.isascii() for name in names if name) >= 20


def test_most_said_yes_to_mail_and_every_other_answer_occurs(shop: Cafe) -> None:
    states = Counter(who.consent.state for who in shop.customers)
    assert 0.5 <= states["SUBSCRIBED"] / len(shop.customers) <= 0.7
    assert set(states) == {"SUBSCRIBED", "NOT_SUBSCRIBED", "PENDING", "UNSUBSCRIBED", "INVALID"}
    for who in shop.customers:
        dated = who.consent.state in ("SUBSCRIBED", "UNSUBSCRIBED", "PENDING")
        assert (who.consent.since is not None) == (who.consent.level is not None) == dated


def test_a_third_gave_a_real_birthday_and_some_have_it_this_week(shop: Cafe) -> None:
    birthdays = [date.fromisoformat(who.birthday) for who in shop.customers if who.birthday]
    assert 0.25 <= len(birthdays) / len(shop.customers) <= 0.42
    week = {(shop.now + days * A_DAY).strftime("%m-%d") for days in range(1, 8)}
    assert sum(f"{day:%m-%d}" in week for day in birthdays) >= 3


def test_a_few_are_staff_family_and_friends_of_the_house(shop: Cafe) -> None:
    tags = Counter(tag for who in shop.customers for tag in who.tags)
    assert {"staff", "family", "vip"} <= set(tags)
    assert sum(tags.values()) < 0.25 * len(shop.customers)


def test_a_customers_sums_are_those_of_their_orders(
    shop: Cafe, visits: dict[int, list[Order]]
) -> None:
    for who in shop.customers:
        own = visits[who.number]
        assert who.orders == len(own)
        assert who.spent == sum(order.total for order in own if not order.test)
        assert all(who.updated_at >= order.updated_at for order in own)
        assert all(who.created_at <= order.placed_at for order in own)
        assert who.updated_at >= (who.consent.since or who.created_at) >= who.created_at


def test_there_are_regulars_who_still_come_and_regulars_who_stopped(
    shop: Cafe, visits: dict[int, list[Order]]
) -> None:
    lasts = {
        number: shop.now - max(order.placed_at for order in own)
        for number, own in visits.items()
        if len(own) >= 4
    }
    away = [gone for gone in lasts.values() if timedelta(days=45) <= gone <= timedelta(days=200)]
    assert len([gone for gone in lasts.values() if gone < timedelta(days=30)]) >= 40
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


def due(shop: Cafe) -> list[Checkout]:
    """Checkouts that a reminder after three hours, at most a day late, is about."""
    people = {customer.number: customer for customer in shop.customers}
    latest = {order.customer: order.placed_at for order in shop.orders}
    return [
        left
        for left in shop.checkouts
        if timedelta(hours=3) < shop.now - left.updated_at < A_DAY
        and left.completed_at is None
        and people[left.customer].may_be_mailed
        and latest.get(left.customer, left.created_at) <= left.created_at
    ]


def test_a_dozen_reminders_are_due_and_most_carts_are_worth_one(shop: Cafe) -> None:
    assert len(shop.checkouts) == 40
    assert len(due(shop)) == 12
    assert sum(left.total >= 1_500 for left in due(shop)) >= 8
    assert len({left.customer for left in shop.checkouts}) == 40


def test_whoever_bought_in_the_last_day_leaves_no_checkout_to_remind_of(shop: Cafe) -> None:
    people = {customer.number: customer for customer in shop.customers}
    rng = Random(1)  # noqa: S311 - a seeded café, not a secret
    left, later = left_behind(shop.customers, set(), shop.now, rng)
    assert later == []
    assert not any(people[checkout.customer].may_be_mailed for checkout in left)
    one = due(shop)[0].customer
    left, _ = left_behind(shop.customers, {one}, shop.now, rng)
    assert {c.customer for c in left if people[c.customer].may_be_mailed} == {one}


def test_a_larger_cafe_has_as_many_more(shop: Cafe) -> None:
    large = cafe(3_000, seed=len(shop.orders))
    assert len(large.checkouts) == 400
    assert len(due(large)) == 120


def test_other_checkouts_were_completed_overtaken_or_left_by_people_who_want_no_mail(
    shop: Cafe, people: dict[int, Customer]
) -> None:
    latest = {order.customer: order.placed_at for order in shop.orders}
    completed = [left for left in shop.checkouts if left.completed_at]
    long_ago = shop.now - 999 * A_DAY
    overtaken = [
        left
        for left in shop.checkouts
        if not left.completed_at and latest.get(left.customer, long_ago) > left.updated_at
    ]
    unwilling = [left for left in shop.checkouts if not people[left.customer].may_be_mailed]
    fresh = [left for left in shop.checkouts if shop.now - left.updated_at < timedelta(hours=3)]
    assert min(map(len, (completed, overtaken, unwilling))) >= 3
    assert "UNSUBSCRIBED" in {people[left.customer].consent.state for left in unwilling}
    assert fresh
    assert all(latest[left.customer] >= left.updated_at for left in completed)


def test_a_checkout_adds_up_and_leads_back_to_the_shop(
    shop: Cafe, people: dict[int, Customer]
) -> None:
    for left in shop.checkouts:
        assert 1 <= len(left.lines) <= 4
        assert left.total == sum(line.product.price * line.quantity for line in left.lines) > 0
        assert left.url.startswith("https://corner-cafe.example/checkouts/")
        assert people[left.customer].created_at <= left.created_at <= left.updated_at


def test_awkward_records_come_only_when_asked_for() -> None:
    plain, odd = cafe(30), cafe(30, awkward=True)
    added = odd.customers[30:]
    assert odd.customers[:30] == plain.customers
    assert any("<script>" in (who.first_name or "") for who in added)
    assert any(len((who.first_name or "").encode()) > 4_000 for who in added)
    assert {left.customer for left in odd.checkouts} >= {who.number for who in added}
    assert not any("<" in (who.first_name or "") for who in plain.customers)


@pytest.mark.parametrize("customers", [0, 1, 5])
def test_a_tiny_cafe_is_a_cafe_too(customers: int) -> None:
    assert len(cafe(customers).customers) == customers
