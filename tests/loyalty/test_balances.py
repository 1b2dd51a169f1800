"""The points standing of a customer, as mails show it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from loyalty.balances import Standing, load_standings, reachable_rewards
from loyalty.config import Points
from shop.db.engine import read_transaction
from tests.loyalty.till import DAY, MARCH, MICROSECOND, YEAR, Till

LISBON = ZoneInfo("Europe/Lisbon")
REWARDS = {"a cake": Points(25), "a free coffee": Points(10)}


def standing(till: Till, name: str = "ana", now: datetime = MARCH) -> Standing:
    with read_transaction(till.engine) as connection:
        owner = till.id_of(name)
        return load_standings(connection, [owner], REWARDS, now=now, zone=LISBON)[owner]


def test_a_standing_holds_balance_expiry_and_next_reward(till: Till) -> None:
    till.order("1", "ana", MARCH - 300 * DAY, 5)
    till.order("2", "ana", MARCH - DAY, 8)
    till.tick()
    assert standing(till) == Standing(
        customer=till.id_of("ana"),
        balance=13,
        earned=8,
        expiring=5,
        expires_at=MARCH - 300 * DAY + YEAR,
        enough_for="a free coffee",
        next_reward="a cake",
        missing=12,
    )


def test_a_customer_without_points_has_a_balance_of_zero(till: Till) -> None:
    expected = Standing(till.id_of("bruno"), next_reward="a free coffee", missing=10)
    assert standing(till, "bruno") == expected


def test_a_customer_in_debt_is_missing_more_points(till: Till) -> None:
    till.points("p", "ana", -3, MARCH)
    till.tick()
    points = standing(till)
    assert (points.balance, points.missing, points.earned) == (-3, 13, 0)


@pytest.mark.parametrize(
    ("ago", "earned"),
    [
        (timedelta(), 8),
        (7 * DAY - MICROSECOND, 8),
        (7 * DAY, 0),
        (-MICROSECOND, 0),
    ],
)
def test_a_week_is_seven_days_to_the_microsecond(till: Till, ago: timedelta, earned: int) -> None:
    till.order("1", "ana", MARCH - ago, 8)
    till.tick()
    assert standing(till).earned == earned


def test_what_was_taken_back_was_not_earned(till: Till) -> None:
    till.order("1", "ana", MARCH - DAY, 8)
    till.refund("r", "1", 3, MARCH)
    till.tick()
    assert standing(till).earned == 5


def test_lots_that_expire_on_one_shop_day_are_added_up(till: Till) -> None:
    midnight = datetime(2025, 6, 29, 23, tzinfo=UTC)  # in Lisbon
    till.order("1", "ana", midnight - MICROSECOND, 1)
    till.order("2", "ana", midnight, 2)
    till.order("3", "ana", midnight + DAY - MICROSECOND, 4)
    till.order("4", "ana", midnight + DAY, 8)
    till.tick()
    assert (standing(till).expiring, standing(till).expires_at) == (
        1,
        midnight - MICROSECOND + YEAR,
    )
    later = standing(till, now=midnight - MICROSECOND + YEAR)
    assert (later.expiring, later.expires_at) == (6, midnight + YEAR)


@pytest.mark.parametrize(
    ("balance", "reach"),
    [
        (-5, (None, "a free coffee")),
        (9, (None, "a free coffee")),
        (10, ("a free coffee", "a cake")),
        (24, ("a free coffee", "a cake")),
        (25, ("a cake", None)),
    ],
)
def test_rewards_are_ordered_by_price(balance: int, reach: tuple[str | None, str | None]) -> None:
    assert reachable_rewards(balance, REWARDS) == reach


def test_without_rewards_nothing_is_promised() -> None:
    assert reachable_rewards(100, {}) == (None, None)
