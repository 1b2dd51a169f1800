"""A machine whose clock is far ahead: `run` stops, `clock` helps."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlmodel import col

from engine.clock.clock_record import RECORD
from engine.open.open_shop import open_shop
from engine.run import run_tick
from shop.db.engine import read_transaction
from shop.tables import Tick
from tests.flows.processes import run_in_process
from tests.flows.served_shop import write_shop

TEN_DAYS = timedelta(days=10)


def count_ticks(config: Path) -> int:
    shop = open_shop(config)
    with read_transaction(shop.engine) as connection:
        ticks: int = connection.scalar(select(func.count(col(Tick.id)))) or 0
    shop.engine.dispose()
    return ticks


def test_a_run_by_a_clock_that_is_ahead_does_nothing_until_the_owner_confirms(
    tmp_path: Path,
) -> None:
    write_shop(tmp_path)
    assert run_in_process(tmp_path, "run").returncode == 0
    record = tmp_path / RECORD
    stored = json.loads(record.read_text())
    # The same as a clock that has been put ten days ahead since then.
    shown = datetime.fromisoformat(stored["machine"]["shown"]) - TEN_DAYS
    stored["machine"]["shown"] = shown.isoformat()
    record.write_text(json.dumps(stored))
    ahead = run_in_process(tmp_path, "run")
    assert ahead.returncode == 3
    assert "10 days more than has passed since the last run" in ahead.stderr
    assert count_ticks(tmp_path / "config.yaml") == 1
    assert run_in_process(tmp_path, "clock", "confirm").returncode == 0
    assert run_in_process(tmp_path, "run").returncode == 0
    assert count_ticks(tmp_path / "config.yaml") == 2


def test_the_runs_of_a_clock_that_was_ahead_are_taken_back(tmp_path: Path) -> None:
    write_shop(tmp_path)
    shop = open_shop(tmp_path / "config.yaml")
    run_tick(shop, now=datetime.now(UTC))
    run_tick(shop, now=datetime.now(UTC) + TEN_DAYS)
    shop.engine.dispose()
    undone = run_in_process(tmp_path, "clock", "undo")
    assert undone.returncode == 0, undone.stderr
    assert undone.stdout.startswith("1 run until")
    assert (
        "No run went by a clock that was ahead" in run_in_process(tmp_path, "clock", "undo").stdout
    )
