"""Property: points do not depend on the order of arrival, on repeats or on the number of ticks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, text
from sqlmodel import SQLModel, col

from shop.db.engine import open_database
from shop.tables import PointsEntry
from tests.examples import examples
from tests.loyalty.till import DAY, MARCH, Till, points_row, refund_row
from tests.rows import identity, order

Arrival = dict[str, list[Any]]
TOTALS = st.sampled_from([0, 99, 1000, 1250, 3333])


@st.composite
def arrivals(draw: st.DrawFn) -> list[Arrival]:
    """Draws up to four orders over a year, with cancellations, refunds and points of the till."""
    drawn: list[Arrival] = [{"identities": [identity("ana", email="ana@example.com")]}]
    for number in range(draw(st.integers(1, 4))):
        key, at = str(number), MARCH - draw(st.sampled_from([1, 30, 364, 365, 366])) * DAY
        bought = order(key, "ana", at, total=draw(TOTALS))
        drawn.append({"orders": [bought]})
        if draw(st.booleans()):
            drawn.append({"orders": [bought | {"counts": draw(st.booleans()), "version": 2}]})
        for refund in range(draw(st.integers(0, 2))):
            refunded_at = at + draw(st.integers(-1, 2)) * DAY
            drawn.append(
                {"refunds": [refund_row(f"{key}-{refund}", key, draw(TOTALS), refunded_at)]}
            )
    if draw(st.booleans()):
        at = MARCH - draw(st.integers(1, 400)) * DAY
        drawn.append({"points": [points_row("p", "ana", draw(st.integers(-9, 9)), at)]})
    return drawn


@cache
def in_memory() -> Engine:
    """One database for all examples, so that its compiled statements are reused."""
    engine = open_database("sqlite://", base_folder=Path())
    SQLModel.metadata.create_all(engine)
    return engine


def empty_shop() -> Engine:
    with in_memory().begin() as connection:
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        for table in SQLModel.metadata.sorted_tables:
            connection.execute(delete(table))
    return in_memory()


def play(arrivals_in_order: Sequence[Arrival], ticks: Sequence[int]) -> Any:
    """Returns balance and lots after all arrivals; checks that a further tick adds nothing."""
    till = Till(empty_shop())
    now = MARCH - DAY
    for number, rows in enumerate(arrivals_in_order):
        till.arrive("till" if "points" in rows else "online-shop", **rows)
        for _ in range(ticks[number % len(ticks)]):
            till.tick(now := now + DAY / 4)
    till.tick(MARCH + 9 * DAY)
    before = till.entries()
    till.tick(MARCH + 9 * DAY)
    assert till.entries() == before
    assert till.discrepancies() == []
    balance, lots = till.balance() or 0, Counter[Any]()
    for ends, remaining in till.lots():
        lots[ends] += remaining
    earned = till.all(col(PointsEntry.kind), col(PointsEntry.source), col(PointsEntry.order_key))
    earned_per_order = Counter(
        key for kind, source, key in earned if (kind, source) == ("earned", "regulars")
    )
    assert max(earned_per_order.values(), default=1) == 1
    return balance, lots


@given(st.data())
@settings(max_examples=examples(12), deadline=None)
def test_neither_the_order_of_arrival_nor_the_number_of_ticks_changes_points(
    data: st.DataObject,
) -> None:
    original = data.draw(arrivals())
    shuffled = data.draw(st.permutations(original))
    repeated = shuffled + data.draw(st.lists(st.sampled_from(original), max_size=3))
    ticks = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=5))
    assert play(repeated, ticks) == play(original, [0])
