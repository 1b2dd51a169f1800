"""The till is believable, adds up, is the same for the same seed, and leaves the shop alone."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import timedelta

import pytest

from sandbox.cafe import Cafe, cafe
from sandbox.loyalty_programme import A_REWARD
from sandbox.till import Till, till

DAY = timedelta(days=1)


@pytest.fixture(scope="module", params=[7, 2], ids="seed {}".format)
def shop(request: pytest.FixtureRequest) -> Cafe:
    return cafe(seed=request.param)


@pytest.fixture(scope="module")
def known(shop: Cafe) -> Till:
    return till(shop, seed=len(shop.orders))


def test_the_same_seed_gives_the_same_till_and_another_seed_another() -> None:
    assert till(cafe(60), 3) == till(cafe(60), 3)
    assert till(cafe(60), 3) != till(cafe(60), 4)


def test_the_online_shop_never_changes_by_it() -> None:
    before = hashlib.sha256(repr(cafe(40)).encode()).hexdigest()
    till(cafe(40))
    assert hashlib.sha256(repr(cafe(40)).encode()).hexdigest() == before


def test_some_are_the_same_people_as_online(shop: Cafe, known: Till) -> None:
    addresses = {who.email for who in shop.customers if who.email}
    phones = {who.phone for who in shop.customers if who.phone}
    assert len(known.customers) == 200
    assert sum(who.email in addresses for who in known.customers) >= 50
    by_phone = [who for who in known.customers if who.email is None and who.phone in phones]
    assert len(by_phone) >= 3


def test_some_asked_for_mail_and_some_unsubscribed(known: Till) -> None:
    sources = Counter(who.creation_source for who in known.customers if who.email)
    assert sources["EMAIL_COLLECTION"] >= 30
    assert 5 <= sum(who.unsubscribed for who in known.customers) <= 60
    assert all(who.email for who in known.customers if who.unsubscribed)


def test_birthdays_mostly_have_no_year(known: Till) -> None:
    days = [who.birthday for who in known.customers if who.birthday]
    assert 0.3 <= len(days) / len(known.customers) <= 0.5
    assert 10 <= sum(day.startswith("0000-") for day in days) < len(days)


def test_nothing_happens_after_now(known: Till) -> None:
    moments = [sale.updated_at for sale in known.sales]
    moments += [who.updated_at for who in known.customers]
    moments += [event.at for event in known.events]
    moments += [booking.updated_at for booking in known.bookings]
    assert max(moments) <= known.now


def test_sales_are_told_late_where_the_till_was_offline(known: Till) -> None:
    late = [sale.updated_at - sale.created_at for sale in known.sales if not sale.brings_back]
    assert any(DAY < one <= 3 * DAY for one in late)
    assert {sale.state for sale in known.sales} == {"COMPLETED", "CANCELED"}
    assert sum(sale.customer is None for sale in known.sales) >= 30


def test_a_refund_names_the_order_that_brought_it_back(known: Till) -> None:
    sales = {sale.code: sale for sale in known.sales}
    assert len(known.refunds) >= 5
    for one in known.refunds:
        assert sales[one.order].brings_back == one.sale
        assert 0 < one.amount <= sales[one.sale].total


def test_every_balance_is_the_sum_of_its_events(known: Till) -> None:
    sums: Counter[str] = Counter()
    for event in known.events:
        sums[event.account] += event.points
    assert all(sums[one.code] == one.balance >= 0 for one in known.accounts)
    assert all(sum(many for many, _ in one.ending) == one.balance for one in known.accounts)
    assert any(one.customer is None for one in known.accounts)


def test_every_kind_of_event_occurs(known: Till) -> None:
    kinds = Counter(event.type for event in known.events)
    assert {*kinds} == {
        "ACCUMULATE_POINTS", "ACCUMULATE_PROMOTION_POINTS", "ADJUST_POINTS", "CREATE_REWARD",
        "REDEEM_REWARD", "DELETE_REWARD", "EXPIRE_POINTS",
    }  # fmt: skip
    made = [event.points for event in known.events if event.type == "CREATE_REWARD"]
    assert set(made) == {-A_REWARD}


def test_tables_are_booked_kept_missed_and_cancelled(known: Till) -> None:
    assert any(one.start_at > known.now for one in known.bookings)
    assert any(one.start_at < known.now - 60 * DAY for one in known.bookings)
    statuses = {one.status for one in known.bookings}
    assert {"ACCEPTED", "NO_SHOW"} <= statuses
    assert any(status.startswith("CANCELLED_BY") for status in statuses)
    assert all(one.created_at <= one.updated_at <= known.now for one in known.bookings)


@pytest.mark.parametrize("customers", [0, 1, 5])
def test_a_tiny_till_is_a_till_too(customers: int) -> None:
    assert len(till(cafe(customers)).customers) == round(customers * 2 / 3)
