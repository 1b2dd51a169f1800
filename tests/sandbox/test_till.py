"""The generated till: plausible, consistent, reproducible, independent of the online shop."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import timedelta

import pytest

from sandbox.cafe import Cafe, cafe
from sandbox.loyalty_programme import REWARD_POINTS
from sandbox.till import Till, till

DAY = timedelta(days=1)


@pytest.fixture(scope="module", params=[7, 2], ids="seed {}".format)
def shop(request: pytest.FixtureRequest) -> Cafe:
    return cafe(seed=request.param)


@pytest.fixture(scope="module")
def till_data(shop: Cafe) -> Till:
    return till(shop, seed=len(shop.orders))


def test_the_same_seed_gives_the_same_till_and_another_seed_another() -> None:
    assert till(cafe(60), 3) == till(cafe(60), 3)
    assert till(cafe(60), 3) != till(cafe(60), 4)


def test_the_online_shop_never_changes_by_it() -> None:
    before = hashlib.sha256(repr(cafe(40)).encode()).hexdigest()
    till(cafe(40))
    assert hashlib.sha256(repr(cafe(40)).encode()).hexdigest() == before


def test_some_are_the_same_people_as_online(shop: Cafe, till_data: Till) -> None:
    addresses = {customer.email for customer in shop.customers if customer.email}
    phones = {customer.phone for customer in shop.customers if customer.phone}
    assert len(till_data.customers) == 200
    assert sum(customer.email in addresses for customer in till_data.customers) >= 50
    by_phone = [
        customer
        for customer in till_data.customers
        if customer.email is None and customer.phone in phones
    ]
    assert len(by_phone) >= 3


def test_some_asked_for_mail_and_some_unsubscribed(till_data: Till) -> None:
    sources = Counter(
        customer.creation_source for customer in till_data.customers if customer.email
    )
    assert sources["EMAIL_COLLECTION"] >= 30
    assert 5 <= sum(customer.unsubscribed for customer in till_data.customers) <= 60
    assert all(customer.email for customer in till_data.customers if customer.unsubscribed)


def test_birthdays_mostly_have_no_year(till_data: Till) -> None:
    days = [customer.birthday for customer in till_data.customers if customer.birthday]
    assert 0.3 <= len(days) / len(till_data.customers) <= 0.5
    assert 10 <= sum(day.startswith("0000-") for day in days) < len(days)


def test_nothing_happens_after_now(till_data: Till) -> None:
    moments = [sale.updated_at for sale in till_data.sales]
    moments += [customer.updated_at for customer in till_data.customers]
    moments += [event.at for event in till_data.events]
    moments += [booking.updated_at for booking in till_data.bookings]
    assert max(moments) <= till_data.now


def test_sales_are_told_late_where_the_till_was_offline(till_data: Till) -> None:
    delays = [
        sale.updated_at - sale.created_at for sale in till_data.sales if not sale.returned_sale
    ]
    assert any(DAY < delay <= 3 * DAY for delay in delays)
    assert {sale.state for sale in till_data.sales} == {"COMPLETED", "CANCELED"}
    assert sum(sale.customer is None for sale in till_data.sales) >= 30


def test_a_refund_names_the_order_that_brought_it_back(till_data: Till) -> None:
    sales = {sale.code: sale for sale in till_data.sales}
    assert len(till_data.refunds) >= 5
    for refund in till_data.refunds:
        assert sales[refund.order].returned_sale == refund.sale
        assert 0 < refund.amount <= sales[refund.sale].total


def test_every_balance_is_the_sum_of_its_events(till_data: Till) -> None:
    sums: Counter[str] = Counter()
    for event in till_data.events:
        sums[event.account] += event.points
    assert all(sums[account.code] == account.balance >= 0 for account in till_data.accounts)
    assert all(
        sum(points for points, _ in account.expirations) == account.balance
        for account in till_data.accounts
    )
    assert any(account.customer is None for account in till_data.accounts)


def test_every_kind_of_event_occurs(till_data: Till) -> None:
    kinds = Counter(event.type for event in till_data.events)
    assert {*kinds} == {
        "ACCUMULATE_POINTS", "ACCUMULATE_PROMOTION_POINTS", "ADJUST_POINTS", "CREATE_REWARD",
        "REDEEM_REWARD", "DELETE_REWARD", "EXPIRE_POINTS",
    }  # fmt: skip
    reward_points = [event.points for event in till_data.events if event.type == "CREATE_REWARD"]
    assert set(reward_points) == {-REWARD_POINTS}


def test_tables_are_booked_kept_missed_and_cancelled(till_data: Till) -> None:
    assert any(booking.start_at > till_data.now for booking in till_data.bookings)
    assert any(booking.start_at < till_data.now - 60 * DAY for booking in till_data.bookings)
    statuses = {booking.status for booking in till_data.bookings}
    assert {"ACCEPTED", "NO_SHOW"} <= statuses
    assert any(status.startswith("CANCELLED_BY") for status in statuses)
    assert all(
        booking.created_at <= booking.updated_at <= till_data.now for booking in till_data.bookings
    )


@pytest.mark.parametrize("customers", [0, 1, 5])
def test_a_tiny_till_is_a_till_too(customers: int) -> None:
    assert len(till(cafe(customers)).customers) == round(customers * 2 / 3)
