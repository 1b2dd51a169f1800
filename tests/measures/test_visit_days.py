"""The tables of days hold what a recount from all orders gives, after any sequence of changes."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import col

from shop.tables import ChangeMarker, Merge, Metrics, SharedPhone, ShopDay, VisitDay
from tests.cafe import DAY, FILE, HOUR, MARCH, Cafe
from tests.engine.tick.test_arrival_order import cafe_after_first_tick
from tests.measures.recount import local_date, recount, stored
from tests.rows import identity, order, refund

LISBON = ZoneInfo("Europe/Lisbon")
SUMMER = datetime(2026, 3, 29, tzinfo=UTC)  # clocks go forward in Lisbon at one o'clock
NUMBER = "+351 912 345 678"


def move_shop(cafe: Cafe, zone: str) -> None:
    """Writes another time zone into the owner's file."""
    cafe.path.write_text(FILE.replace("Europe/Lisbon", zone) + "rules: {}")
    cafe.reread()


def assert_equals_recount(cafe: Cafe, zone: ZoneInfo = LISBON) -> None:
    assert stored(cafe) == recount(cafe, zone)


def test_two_orders_on_one_day_are_one_visit(cafe: Cafe) -> None:
    """
    rules: {}
    """
    cafe.customer("clara")
    cafe.visits("clara", MARCH - HOUR, MARCH, MARCH - DAY)
    cafe.run(MARCH)
    assert cafe.select_all(col(Metrics.visits), col(Metrics.orders)) == [(2, 3)]
    first, last = MARCH - DAY, MARCH
    assert cafe.select_all(col(Metrics.first_visit_at), col(Metrics.last_visit_at)) == [
        (first, last)
    ]
    assert_equals_recount(cafe)


@pytest.mark.parametrize(
    ("moments", "visits"),
    [
        pytest.param([SUMMER - timedelta(minutes=1), SUMMER], 2, id="midnight in winter"),
        pytest.param([SUMMER, SUMMER + 23 * HOUR - timedelta(minutes=1)], 1, id="a day of 23 h"),
        pytest.param([SUMMER, SUMMER + 23 * HOUR], 2, id="midnight in summer"),
        pytest.param([datetime(1969, 12, 31, 22, tzinfo=UTC)] * 2, 1, id="before 1970"),
    ],
)
def test_a_day_ends_at_midnight_of_the_shop(
    cafe: Cafe, moments: Sequence[datetime], visits: int
) -> None:
    """
    rules: {}
    """
    cafe.customer("clara")
    cafe.arrive(orders=[order(str(n), "clara", moment) for n, moment in enumerate(moments)])
    cafe.run(SUMMER + 10 * DAY)
    assert cafe.select_all(col(Metrics.visits)) == [visits]
    assert_equals_recount(cafe)


def test_the_days_survive_each_change(cafe: Cafe) -> None:
    """
    rules: {}
    """
    cafe.customer("ana")
    cafe.visits("ana", MARCH - 40 * DAY, MARCH - 9 * DAY)
    cafe.run(MARCH - 8 * DAY)
    # A refund, a late order that is now the first, a cancelled one, and one dated ahead.
    cafe.arrive(refunds=[refund("r", f"ana-{(MARCH - 9 * DAY).isoformat()}", 400, MARCH)])
    cafe.arrive(
        orders=[
            order("late", "ana", MARCH - 90 * DAY),
            order("gone", "ana", MARCH - 30 * DAY, counts=False),
            order("nobodys", None, MARCH - DAY),
        ]
    )
    ahead = order("ahead", "ana", MARCH + DAY, counts=False, counts_from=MARCH + DAY)
    cafe.arrive(orders=[ahead])
    cafe.run(MARCH - 7 * DAY)
    assert_equals_recount(cafe)
    cafe.arrive(orders=[order("late", "ana", MARCH - 90 * DAY, counts=False, version=2)])
    cafe.run(MARCH + 2 * DAY)
    assert_equals_recount(cafe)
    assert len(cafe.select_all(col(VisitDay.day))) == 3
    # Bruno turns out to be Ana, between two ticks.
    cafe.arrive(identities=[identity("bruno", phone=NUMBER)])
    cafe.visits("bruno", MARCH - 9 * DAY, MARCH - 5 * DAY)
    cafe.run(MARCH + 3 * DAY)
    assert_equals_recount(cafe)
    cafe.arrive(identities=[identity("bruno", phone=NUMBER, email="ana@example.com", version=2)])
    assert len(cafe.select_all(model=Merge)) == 1
    cafe.run(MARCH + 4 * DAY)
    assert_equals_recount(cafe)
    move_shop(cafe, "Pacific/Auckland")
    cafe.run(MARCH + 5 * DAY)
    assert_equals_recount(cafe, ZoneInfo("Pacific/Auckland"))


def test_a_split_takes_the_visits_along(cafe: Cafe) -> None:
    """
    rules: {}
    """
    card = identity("card", phone=NUMBER, first_name=None)
    cafe.arrive(identities=[identity("ana", email="ana@example.com", phone=NUMBER)])
    cafe.arrive(identities=[card])
    cafe.visits("ana", MARCH - 9 * DAY, MARCH - 5 * DAY)
    cafe.visits("card", MARCH - 9 * DAY, MARCH - 3 * DAY)
    cafe.run(MARCH)
    assert len(cafe.select_all(model=Metrics)) == 1
    assert_equals_recount(cafe)
    cafe.arrive(identities=[identity("bruno", email="bruno@example.com", phone=NUMBER)])
    assert len(cafe.select_all(model=SharedPhone)) == 1
    cafe.run(MARCH + DAY)
    assert len(cafe.select_all(model=Metrics)) == 2
    assert_equals_recount(cafe)


def test_a_shop_of_an_earlier_version_is_counted_by_its_first_run(cafe: Cafe) -> None:
    """
    rules: {}
    """
    cafe.customer("clara")
    cafe.visits("clara", MARCH - 2 * DAY, MARCH - DAY)
    cafe.run(MARCH)
    with cafe.engine.begin() as connection:
        for statement in (
            "DELETE FROM visit_days", "DELETE FROM shop_days", "UPDATE ticks SET timezone = NULL",
            "UPDATE metrics SET visits = 7",
        ):  # fmt: skip
            connection.exec_driver_sql(statement)
    cafe.run(MARCH + DAY)
    assert_equals_recount(cafe)
    assert cafe.select_all(col(ShopDay.visits)) == [1, 1]
    assert cafe.select_all(model=ChangeMarker) == []


NAMES = ("ana", "bruno", "clara")
MOMENTS = st.sampled_from([1, 2, 3, 24, 25, 26, 48, 200 * 24, 201 * 24]).map(
    lambda hours: MARCH - 10 * HOUR - hours * HOUR
)
OPERATIONS = st.one_of(
    st.tuples(st.just("order"), st.integers(0, 9), st.sampled_from(NAMES), MOMENTS, st.booleans()),
    st.tuples(st.just("refund"), st.integers(0, 9), st.integers(1, 2000)),
    st.tuples(st.just("address"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.tuples(st.just("number"), st.sampled_from(NAMES)),
    st.tuples(st.just("zone"), st.sampled_from(["Europe/Lisbon", "Asia/Kathmandu"])),
    st.tuples(st.just("run")),
)


@given(st.lists(OPERATIONS, max_size=14))
@settings(max_examples=40, deadline=None)
def test_any_sequence_of_changes_gives_what_a_recount_gives(
    operations: list[tuple[Any, ...]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cafe = cafe_after_first_tick(folder)
        shop, zone, at = cafe.shop, LISBON, MARCH
        for version, (kind, *arguments) in enumerate(operations, start=2):
            at += HOUR
            if kind == "order":
                number, name, placed_at, counts = arguments
                cafe.arrive(
                    identities=[identity(name, version=1)],
                    orders=[order(str(number), name, placed_at, counts=counts, version=version)],
                )
            elif kind == "refund":
                number, total = arguments
                cafe.arrive(refunds=[refund(f"r{version}", str(number), total, at)])
            elif kind == "address":
                name, other = arguments
                address = f"{other}@example.com"
                cafe.arrive(identities=[identity(name, email=address, version=version)])
            elif kind == "number":
                cafe.arrive(identities=[identity(arguments[0], phone=NUMBER, version=version)])
            elif kind == "zone":
                zone = ZoneInfo(arguments[0])
                moved = shop.config.shop.model_copy(update={"timezone": zone.key})
                config = shop.config.model_copy(update={"shop": moved})
                object.__setattr__(cafe.shop, "config", config)
            else:
                cafe.run(at)
        cafe.run(at + HOUR)
        try:
            assert_equals_recount(cafe, zone)
        finally:
            cafe.engine.dispose()


def test_the_day_of_python_is_that_of_the_database(cafe: Cafe) -> None:
    """
    rules: {}
    """
    zones = ["America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo"]
    moments = [MARCH - n * 17 * DAY - n * HOUR for n in range(120)]
    cafe.customer("clara")
    cafe.arrive(orders=[order(str(n), "clara", moment) for n, moment in enumerate(moments)])
    for number, zone in enumerate(zones):
        move_shop(cafe, zone)
        cafe.run(MARCH + number * DAY)
        expected = {local_date(moment, ZoneInfo(zone)).toordinal() for moment in moments}
        assert set(cafe.select_all(col(VisitDay.day))) == expected
