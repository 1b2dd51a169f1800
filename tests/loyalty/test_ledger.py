"""Lots and balances in the database: order of use, expiry to the microsecond, spending."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, update
from sqlmodel import col

from loyalty.ledger import Spending, mark_expired_lots, spend_points
from shop.db.changed_customers import mark_changed
from shop.db.engine import write_transaction
from shop.db.upsert import table_of
from shop.tables import Customer, Identity, Order, PointsBalance, PointsEntry, PointsLot
from tests.loyalty.till import DAY, MARCH, MICROSECOND, YEAR, Till

ENDS = MARCH + YEAR


@pytest.fixture
def earned(till: Till) -> Till:
    """Ana has 10 points from today, and 5 from the next day."""
    till.order("1", "ana", MARCH, 10)
    till.order("2", "ana", MARCH + DAY, 5)
    till.tick(MARCH + DAY)
    return till


@pytest.mark.parametrize(
    ("early", "balance"), [(MICROSECOND, 15), (timedelta(), 5), (-MICROSECOND, 5)]
)
def test_points_end_at_their_moment(earned: Till, early: timedelta, balance: int) -> None:
    earned.tick(ENDS - early)
    assert earned.balance() == balance
    assert earned.discrepancies() == []


def test_what_ends_is_written_once(earned: Till) -> None:
    for later in range(4):
        earned.tick(ENDS + later * DAY)
    assert earned.entries() == [("earned", 10), ("earned", 5), ("expired", -10), ("expired", -5)]
    assert earned.balance() == 0
    assert earned.lots() == []


def test_an_empty_lot_expires_without_an_entry(earned: Till) -> None:
    assert earned.spend("ana", 10, at=MARCH + DAY) is Spending.DONE
    earned.tick(ENDS)
    assert ("expired", 0) not in earned.entries()
    assert earned.lots() == [(ENDS + DAY, 5)]


def test_a_late_sale_corrects_an_expiry(earned: Till) -> None:
    earned.tick(ENDS)
    earned.points("late", "ana", -4, ENDS - MICROSECOND)
    earned.tick(ENDS + MICROSECOND)
    assert earned.entries()[2:] == [("expired", -10), ("expired", 4)]
    assert earned.balance() == 5
    assert earned.discrepancies() == []


def test_what_has_ended_stays_ended_when_the_clock_is_set_back(earned: Till) -> None:
    earned.tick(ENDS)
    earned.points("late", "ana", 1, MARCH)
    earned.tick(MARCH)
    assert earned.balance() == 6
    assert earned.discrepancies() == []


@pytest.mark.parametrize(
    ("points", "outcome", "balance"),
    [
        (16, Spending.TOO_FEW, 15),
        (15, Spending.DONE, 0),
        (14, Spending.DONE, 1),
        (1, Spending.DONE, 14),
        (0, Spending.INVALID_AMOUNT, 15),
        (-3, Spending.INVALID_AMOUNT, 15),
        (10**15, Spending.TOO_FEW, 15),
    ],
)
def test_no_more_is_spent_than_there_is(
    earned: Till, points: int, outcome: Spending, balance: int
) -> None:
    assert earned.spend("ana", points, at=MARCH + DAY) is outcome
    assert earned.balance() == balance
    earned.tick(MARCH + DAY)
    assert earned.discrepancies() == []


def test_the_same_reward_is_paid_for_once(earned: Till) -> None:
    assert earned.spend("ana", 6, "coffee-1") is Spending.DONE
    assert earned.spend("ana", 6, "coffee-1") is Spending.DONE_BEFORE
    assert earned.spend("ana", 6, "coffee-2") is Spending.DONE
    assert earned.balance() == 3


def test_points_that_have_ended_cannot_be_spent(earned: Till) -> None:
    assert earned.spend("ana", 6, at=ENDS) is Spending.TOO_FEW
    assert earned.spend("ana", 6, at=ENDS - MICROSECOND) is Spending.DONE


def test_a_customer_without_points_or_unknown_cannot_spend(till: Till) -> None:
    assert till.spend("bruno", 1) is Spending.TOO_FEW
    with write_transaction(till.engine) as connection:
        assert spend_points(connection, 999_999, 1, MARCH, "x") is Spending.UNKNOWN_CUSTOMER


def test_points_of_an_unknown_customer_count_once_the_customer_is_known(till: Till) -> None:
    till.points("p1", "clara", 9, MARCH)
    till.points("p2", None, 9, MARCH)
    till.tick()
    assert till.all(col(PointsBalance.balance)) == []
    till.customer("clara")
    till.tick()
    assert till.balance("clara") == 9


def test_merged_customers_have_the_points_of_both(earned: Till) -> None:
    earned.order("3", "bruno", MARCH, 7)
    earned.tick(MARCH + DAY)
    ana, bruno = earned.id_of("ana"), earned.id_of("bruno")
    with write_transaction(earned.engine) as connection:
        for model in (Order, PointsEntry, Identity):
            table = table_of(model)
            moved = update(table).where(table.c.customer_id == bruno)
            connection.execute(moved.values(customer_id=ana))
        mark_changed(connection, [ana, bruno])
    earned.tick(ENDS)
    assert earned.balance("ana") == 5
    assert earned.balance("bruno") is None
    assert earned.discrepancies() == []


def test_points_of_another_programme_expire_by_its_entries(till: Till) -> None:
    till.points("p1", "ana", 9, MARCH, expires_at=ENDS)
    till.tick(ENDS + DAY)
    assert till.balance() == 9
    till.points("p2", "ana", -9, ENDS, kind="expired")
    till.tick(ENDS + DAY)
    assert till.balance() == 0
    assert till.entries() == []
    assert till.discrepancies() == []


def test_an_entry_too_large_to_be_true_is_kept_and_left_out(till: Till) -> None:
    till.points("p1", "ana", 9, MARCH)
    till.points("p2", "ana", 2_000_000_000, MARCH)
    till.points("p3", "ana", -2_000_000_000, MARCH)
    till.tick()
    assert till.balance() == 9
    problems = till.discrepancies()
    assert [problem.actual for problem in problems] == [2_000_000_000, -2_000_000_000]


def test_a_reward_returned_at_the_till_credits_its_points(till: Till) -> None:
    till.points("p1", "ana", 9, MARCH)
    till.points("p2", "ana", -9, MARCH + MICROSECOND)
    till.points("p3", "ana", 9, MARCH + 2 * MICROSECOND, kind="spent")
    till.tick()
    assert till.balance() == 9


def test_a_customer_without_points_gets_no_rows(till: Till) -> None:
    till.tick()
    assert till.all(col(PointsBalance.balance)) == []
    assert till.all(col(PointsLot.left)) == []
    assert len(till.all(col(Customer.id))) == 2


def test_a_tick_settles_only_changed_customers_and_expired_lots(earned: Till) -> None:
    earned.order("3", "bruno", MARCH + 2 * DAY, 7)
    earned.tick(MARCH + 2 * DAY)
    with write_transaction(earned.engine) as connection:
        wrong = update(table_of(PointsBalance)).values(balance=77)
        connection.execute(wrong)
    earned.tick(ENDS)
    assert (earned.balance("ana"), earned.balance("bruno")) == (5, 77)


def test_expired_lots_are_found_by_an_index(sqlite: Engine) -> None:
    statements: list[str] = []

    @event.listens_for(sqlite, "before_cursor_execute")
    def _note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    with write_transaction(sqlite) as connection:
        mark_expired_lots(connection, MARCH)
        plan = connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {statements[-1]}", (0, "", "regulars")
        )
        steps = [row[3] for row in plan]
    assert any("points_lots_expires_at" in step and "SEARCH" in step for step in steps), steps
    assert not [step for step in steps if step.startswith("SCAN")]
