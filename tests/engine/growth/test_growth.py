"""What a tick with its delivery costs as the number of people in it grows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Engine

from engine.messages.leases import BATCH_SIZE
from shop.db.engine import open_database
from shop.db.upgrade import prepare_database
from tests.cafe import DAY, MARCH, Cafe
from tests.engine.growth.filled_shop import RULES, add_customers
from tests.engine.growth.statements import captured

SIZES = (100, 200, 400)


@dataclass(frozen=True)
class Cost:
    """Of one tick: its statements, and what SQLite did for them."""

    statements: int
    instructions: int


def cost_of(engine: Engine, folder: Path, people: int) -> Cost:
    """A tick with the carts of half of the `people`, with its delivery and its counts."""
    cafe = Cafe(engine, folder, RULES)
    cafe.run(MARCH - DAY)
    add_customers(cafe, people)
    with captured(engine) as capture:
        cafe.run(MARCH)
    return Cost(len(capture.statements), capture.instructions)


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Cost]:
    costs = {}
    for people in SIZES:
        folder = tmp_path_factory.mktemp("growth")
        engine = open_database("sqlite:///regulars.db", base_folder=folder)
        prepare_database(engine)
        costs[people] = cost_of(engine, folder, people)
        engine.dispose()
    return costs


def test_a_tick_executes_as_many_statements_for_many_as_for_few(costs: dict[int, Cost]) -> None:
    """Those of one batch: the carts of half of them are at most one."""
    assert max(SIZES) / 2 <= BATCH_SIZE
    assert len({cost.statements for cost in costs.values()}) == 1


def test_the_cost_of_a_tick_grows_with_the_number_of_people(costs: dict[int, Cost]) -> None:
    """Twice as many cost at most 2.3 times as much: counting them once more for each is 4 times."""
    for few, many in pairwise(SIZES):
        assert costs[many].instructions <= 2.3 * costs[few].instructions
