"""A file of customers is its newest state: whom it leaves out has no yes from it any more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.sync import SyncReport
from shop.tables import Basis, Identity
from tests.connectors.corner_cafe import connect_source, hours_later, run_sync, table_rows

SOURCE = """
sources:
  list:
    from: csv
    holds: customers
    file: customers.csv
    columns: {e-mail: Email, first name: First, consent: Newsletter}
"""
HEADINGS = "Email,First,Newsletter"


def read(engine: Engine, folder: Path, lines: Sequence[str], *, hours: int = 0) -> SyncReport:
    (folder / "customers.csv").write_text("\n".join([HEADINGS, *lines]) + "\n")
    return run_sync(engine, connect_source(folder, SOURCE), name="list", now=hours_later(hours))


def people(*numbers: int, says: str = "yes") -> list[str]:
    return [f"guest{number}@example.com,Guest {number},{says}" for number in numbers]


def states(engine: Engine) -> list[str]:
    return sorted(state for (state,) in table_rows(engine, Basis, "state"))


def test_whom_the_file_leaves_out_is_no_longer_mailed(engine: Engine, tmp_path: Path) -> None:
    read(engine, tmp_path, people(1, 2))
    report = read(engine, tmp_path, people(2), hours=1)
    assert states(engine) == ["none", "yes"]
    assert report.absence.gone == 1


def test_whom_the_file_takes_in_again_is_mailed_again(engine: Engine, tmp_path: Path) -> None:
    read(engine, tmp_path, people(1, 2))
    read(engine, tmp_path, people(2), hours=1)
    read(engine, tmp_path, people(1, 2), hours=2)
    assert states(engine) == ["yes", "yes"]


def test_an_opt_out_stays_when_its_line_leaves_the_file(engine: Engine, tmp_path: Path) -> None:
    read(engine, tmp_path, people(1) + people(2, says="unsubscribed"))
    read(engine, tmp_path, people(1), hours=1)
    assert states(engine) == ["no", "yes"]


@pytest.mark.parametrize("hours", [1, 100])
def test_an_empty_file_withdraws_no_yes(engine: Engine, tmp_path: Path, hours: int) -> None:
    read(engine, tmp_path, people(1, 2))
    report = read(engine, tmp_path, [], hours=1)
    assert "Missing in list now: 2 of its customers." in report.warnings[0]
    read(engine, tmp_path, [], hours=hours)
    assert states(engine) == ["yes", "yes"]


def test_a_file_cut_short_withdraws_no_yes_until_another_one_confirms_it(
    engine: Engine, tmp_path: Path
) -> None:
    read(engine, tmp_path, people(*range(40)))
    report = read(engine, tmp_path, people(*range(10)), hours=1)
    assert report.absence.unconfirmed == 30
    assert states(engine) == ["yes"] * 40
    unchanged = read(engine, tmp_path, people(*range(10)), hours=48)
    assert (unchanged.skipped_unchanged, unchanged.absence.unconfirmed) == (True, 30)
    read(engine, tmp_path, people(*range(11)), hours=49)
    assert states(engine) == ["none"] * 29 + ["yes"] * 11


def test_a_file_read_by_a_clock_ahead_is_corrected_by_its_next_version(
    engine: Engine, tmp_path: Path
) -> None:
    read(engine, tmp_path, people(1, 2), hours=24 * 400)
    read(engine, tmp_path, ["guest2@example.com,Bruno,yes"], hours=1)
    assert states(engine) == ["none", "yes"]
    assert ("Bruno",) in table_rows(engine, Identity, "first_name")
