"""Points for orders: awarded once, and reversed with refunds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import insert
from sqlmodel import col

from loyalty.config import Earn, Loyalty
from loyalty.earn import in_house_programme, programme_start
from loyalty.refunds import RefundedAmount, Sale, reversals_for
from settings.values import Length
from shop.db.engine import write_transaction
from shop.db.upsert import table_of
from shop.tables import PointsEntry
from tests.loyalty.till import DAY, MARCH, MICROSECOND, OPENED, PER_EURO, YEAR, Till

TWELVE_EARNED = ("earned", 12)


EARNED: list[tuple[str, int, int | None]] = [
    ("1 point per 1", 1299, 12),
    ("1 point per 1", 1300, 13),
    ("1 point per 1", 99, None),
    ("1 point per 1", 0, None),
    ("1 point per 1", -500, None),
    ("1 point per 10", 999, None),
    ("1 point per 10", 1000, 1),
    ("3 points per 10", 1000, 3),
    ("3 points per 10", 1500, 4),
    ("1 point per 0.50", 149, 2),
    ("2 points per 1", 1250, 25),
    ("1 point per visit", 0, 1),
    ("5 points per visit", 1250, 5),
    ("1 point per visit", -1, None),
    ("1 point per 1", 10**10, 10**8),
    ("1 point per 1", 10**10 + 100, None),
    ("10000 points per 0.01", 9 * 10**18, None),
]


def test_an_order_earns_whole_points(till: Till) -> None:
    for number, (earn, cents, _) in enumerate(EARNED):
        till.programme = replace(PER_EURO, earn=Earn.parse(earn))
        till.customer(f"guest-{number}")
        till.order(str(number), f"guest-{number}", MARCH, 0, total=cents)
        till.tick()
    points_by_order = dict(till.all(col(PointsEntry.order_key), col(PointsEntry.points)))
    assert [points_by_order.get(str(number)) for number in range(len(EARNED))] == [
        points for _, _, points in EARNED
    ]
    assert till.discrepancies() == []


@pytest.mark.parametrize(
    ("currency", "total", "points"), [("JPY", 1250, 1250), ("KWD", 12_999, 12)]
)
def test_a_currency_has_its_own_minor_units(
    till: Till, currency: str, total: int, points: int
) -> None:
    till.programme = replace(PER_EURO, currency=currency)
    till.order("1", "ana", MARCH, 0, total=total, currency=currency)
    till.order("2", "ana", MARCH, 0, total=total, currency="EUR")
    till.tick()
    assert till.balance() == points


def test_an_order_earns_once(till: Till) -> None:
    till.order("1", "ana", MARCH, 12.50)
    for _ in range(3):
        till.tick()
        till.order("1", "ana", MARCH, 12.50, version=2)
    assert till.entries() == [TWELVE_EARNED]


@pytest.mark.parametrize(("early", "balance"), [(MICROSECOND, None), (timedelta(), 12)])
def test_an_order_from_before_the_programme_earns_nothing(
    till: Till, early: timedelta, balance: int | None
) -> None:
    till.order("1", "ana", OPENED - early, 12.50)
    till.tick(OPENED + DAY)
    assert till.balance() == balance


def test_another_programmes_order_is_not_awarded_by_us(till: Till) -> None:
    till.points("p1", "ana", 3, MARCH, order_source="online-shop", order_key="1")
    till.order("1", "ana", MARCH, 12.50)
    till.order("2", "ana", MARCH, 5)
    till.tick()
    assert till.balance() == 3 + 5


def test_points_of_another_programme_reverse_own_points(till: Till) -> None:
    till.order("1", "ana", MARCH, 12.50)
    till.tick()
    till.points("p1", "ana", 3, MARCH, order_source="online-shop", order_key="1")
    till.tick()
    assert till.balance() == 3
    assert till.entries() == [TWELVE_EARNED, ("reversed", -12)]


def test_where_the_till_runs_the_programme_we_award_nothing(till: Till) -> None:
    till.programme = None
    till.order("1", "ana", MARCH, 12.50)
    till.points("p1", "ana", 7, MARCH)
    till.tick()
    assert till.entries() == []
    assert till.balance() == 7


def test_an_order_without_a_customer_earns_when_the_customer_is_known(till: Till) -> None:
    till.order("1", "clara", MARCH, 12.50)
    till.order("2", None, MARCH, 12.50)
    till.tick()
    assert till.entries() == []
    till.customer("clara")
    till.tick()
    assert till.balance("clara") == 12


REFUNDS: list[tuple[list[int], list[int]]] = [
    ([1000], [10]),
    ([9900], [10]),
    ([500], [5]),
    ([555], [5]),
    ([99], [0]),
    ([333, 333, 334], [3, 3, 4]),
    ([50, 50], [0, 1]),
    ([600, 600], [6, 4]),
    ([1, 998, 1], [0, 9, 1]),
    ([-500], [0]),
    ([-500, 500], [0, 5]),
    ([0], [0]),
    ([10**30], [10]),
]


@pytest.mark.parametrize(("refunds", "reversed_points"), REFUNDS)
def test_refunds_take_points_back_in_proportion(
    refunds: list[int], reversed_points: list[int]
) -> None:
    sale = Sale(("online-shop", "1"), MARCH, 10, earned_on=1000, total=1000, is_valid=True)
    amounts = [RefundedAmount(str(number), MARCH, total) for number, total in enumerate(refunds)]
    assert [reversal.points for reversal in reversals_for(sale, reversed(amounts))] == [
        *reversed_points,
        0,
    ]


@pytest.mark.parametrize("refund", [0, 999, 1000])
def test_a_visits_point_goes_only_with_all_its_money(refund: int) -> None:
    sale = Sale(("online-shop", "1"), MARCH, 1, earned_on=1000, total=1000, is_valid=True)
    reversed_points = [
        reversal.points for reversal in reversals_for(sale, [RefundedAmount("r", MARCH, refund)])
    ]
    assert sum(reversed_points) == (refund == 1000)


@pytest.mark.parametrize("first", ["order", "refunds"])
def test_a_refund_before_its_order_waits_for_it(till: Till, first: str) -> None:
    if first == "order":
        till.order("1", "ana", MARCH - DAY, 10)
        till.tick()
    till.refund("r1", "1", 3.33, MARCH)
    till.refund("r2", "1", 99, MARCH + MICROSECOND)
    till.tick()
    if first == "refunds":
        till.order("1", "ana", MARCH - DAY, 10)
        till.tick()
    assert till.entries() == [("earned", 10), ("reversed", -3), ("reversed", -7)]
    assert till.balance() == 0
    assert till.discrepancies() == []


def test_a_refund_that_shrinks_gives_points_back(till: Till) -> None:
    till.order("1", "ana", MARCH - DAY, 10)
    till.refund("r", "1", 8, MARCH)
    till.tick()
    till.refund("r", "1", 2, MARCH, version=2)
    till.tick()
    assert till.entries() == [("earned", 10), ("reversed", -8), ("reversed", 6)]
    assert till.lots() == [(MARCH - DAY + YEAR, 2), (MARCH - DAY + YEAR, 6)]


def test_a_smaller_order_total_reverses_points_without_a_refund(till: Till) -> None:
    till.order("1", "ana", MARCH - DAY, 10)
    till.tick()
    till.order("1", "ana", MARCH - DAY, 4, version=2)
    till.tick()
    assert till.balance() == 4


def test_an_order_that_grows_earns_no_more(till: Till) -> None:
    till.order("1", "ana", MARCH - DAY, 10)
    till.tick()
    till.order("1", "ana", MARCH - DAY, 40, version=2)
    till.tick()
    assert till.entries() == [("earned", 10)]


def test_a_new_rate_leaves_what_was_earned(till: Till) -> None:
    till.order("1", "ana", MARCH - DAY, 10)
    till.tick()
    till.programme = replace(PER_EURO, earn=Earn(1, Decimal(10)))
    till.order("1", "ana", MARCH - DAY, 10, version=2)
    till.order("2", "ana", MARCH, 10)
    till.tick()
    assert till.entries() == [("earned", 10), ("earned", 1)]


def test_a_cancelled_order_leaves_no_points(till: Till) -> None:
    till.order("0", "ana", MARCH - 9 * DAY, 5)
    till.order("1", "ana", MARCH - DAY, 10)
    till.refund("r", "1", 4, MARCH)
    till.tick()
    till.order("1", "ana", MARCH - DAY, 10, version=2, counts=False)
    till.tick()
    assert till.balance() == 5
    assert till.lots() == [(MARCH - 9 * DAY + YEAR, 5)]


def test_a_reinstated_order_has_its_points_again(till: Till) -> None:
    for version, counts in enumerate([True, False, True, False, True]):
        till.order("1", "ana", MARCH, 10, version=version, counts=counts)
        till.tick()
        assert till.balance() == (10 if counts else 0)
    assert till.lots() == [(MARCH + YEAR, 10)]
    assert till.discrepancies() == []


def test_points_already_spent_leave_a_debt_when_taken_back(till: Till) -> None:
    till.order("1", "ana", MARCH - DAY, 10)
    till.tick()
    till.spend("ana", 8)
    till.refund("r", "1", 10, MARCH)
    till.tick()
    assert till.balance() == -8
    assert till.lots() == []
    till.order("2", "ana", MARCH + DAY, 20)
    till.tick(MARCH + DAY)
    assert till.lots() == [(MARCH + DAY + YEAR, 12)]


def test_points_end_when_the_owner_says(till: Till) -> None:
    till.order("1", "ana", MARCH, 10)
    till.tick()
    till.programme = replace(PER_EURO, valid_for=None)
    till.order("2", "ana", MARCH, 7)
    till.tick()
    assert till.lots() == [(MARCH + YEAR, 10), (None, 7)]


def test_a_programme_starts_with_its_first_run(till: Till) -> None:
    with write_transaction(till.engine) as connection:
        assert programme_start(connection, MARCH) == MARCH
        assert programme_start(connection, MARCH + DAY) == MARCH


def test_only_our_own_programme_awards() -> None:
    loyalty = Loyalty(earn=Earn(1, Decimal(1)), expire_after=Length(365, "days"))
    assert in_house_programme(loyalty, "EUR", OPENED) == PER_EURO
    assert in_house_programme(Loyalty(programme="till"), "EUR", OPENED) is None


def test_the_database_refuses_a_second_earning_of_an_order(till: Till) -> None:
    till.order("1", "ana", MARCH, 12.50)
    till.tick()
    till.order("2", "ana", MARCH, 3)
    rows = till.all(*table_of(PointsEntry).c)
    duplicate = dict(zip(table_of(PointsEntry).c.keys(), rows[0], strict=True)) | {"id": 99}
    with (
        pytest.raises(Exception, match=r"(?i)unique"),
        write_transaction(till.engine) as connection,
    ):
        connection.execute(insert(table_of(PointsEntry)), [duplicate])
    assert till.all(col(PointsEntry.points)) == [(12,)]
