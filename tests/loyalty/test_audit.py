"""The audit reports each customer whose entries, balance and lots do not match."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlmodel import SQLModel

from loyalty import audit, ledger
from loyalty.audit import DiscrepancyKind
from shop.db.engine import write_transaction
from shop.db.upsert import table_of
from shop.tables import PointsBalance, PointsEntry, PointsLot
from tests.loyalty.till import DAY, MARCH, Till


@pytest.fixture
def earned(till: Till) -> Till:
    till.order("1", "ana", MARCH, 10)
    till.order("2", "ana", MARCH - DAY, 5)
    till.order("3", "bruno", MARCH, 7)
    till.tick()
    return till


def tamper(till: Till, model: type[SQLModel], **values: Any) -> None:
    with write_transaction(till.engine) as connection:
        connection.execute(update(table_of(model)).values(**values))


def test_a_consistent_ledger_has_no_discrepancies(earned: Till) -> None:
    assert earned.discrepancies() == []


def test_a_wrong_balance_is_reported(earned: Till) -> None:
    tamper(earned, PointsBalance, balance=15)
    ana, bruno = earned.id_of("ana"), earned.id_of("bruno")
    problems = {
        (problem.customer, problem.kind): (problem.expected, problem.actual)
        for problem in earned.discrepancies()
    }
    assert ana not in {customer for customer, _ in problems}
    assert problems == {
        (bruno, DiscrepancyKind.SUM): (7, 15),
        (bruno, DiscrepancyKind.LOTS): (15, 7),
    }


def test_a_changed_entry_is_reported(earned: Till) -> None:
    tamper(earned, PointsEntry, points=7)
    assert {problem.kind for problem in earned.discrepancies()} == {
        DiscrepancyKind.SUM,
        DiscrepancyKind.REPLAY,
    }


def test_changed_lots_are_reported(earned: Till) -> None:
    tamper(earned, PointsLot, left=7)
    assert {problem.kind for problem in earned.discrepancies()} == {
        DiscrepancyKind.LOTS,
        DiscrepancyKind.REPLAY,
    }


def test_lots_without_entries_are_reported(earned: Till) -> None:
    with write_transaction(earned.engine) as connection:
        connection.execute(delete(table_of(PointsLot)))
        connection.execute(delete(table_of(PointsEntry)))
    problems = [
        problem for problem in earned.discrepancies() if problem.kind is DiscrepancyKind.SUM
    ]
    assert [(problem.expected, problem.actual) for problem in problems] == [(0, 15), (0, 7)]


def test_customers_that_wait_for_the_next_tick_are_skipped(earned: Till) -> None:
    earned.points("p", "ana", 3, MARCH)
    assert earned.discrepancies() == []


def test_every_customer_is_audited_however_small_the_batch(
    earned: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "BATCH_SIZE", 1)
    monkeypatch.setattr(ledger, "BATCH_SIZE", 1)
    earned.customer("clara", "dora")
    earned.order("4", "dora", MARCH, 7)
    earned.tick()
    earned.points("p", "ana", 3, MARCH)
    tamper(earned, PointsBalance, balance=1)
    names = [earned.id_of("bruno"), earned.id_of("dora")]
    assert sorted({problem.customer for problem in earned.discrepancies()}) == names
