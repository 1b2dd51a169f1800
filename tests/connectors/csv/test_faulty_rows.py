"""Rows of customers that cannot be used: their opt-outs count, and nobody in them has left."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.sync import SyncReport
from shop.tables import Basis, Customer, Identity, QuarantinedRecord
from tests.connectors.corner_cafe import connect_source, hours_later, run_sync, table_rows

BY_ADDRESS = """
sources:
  list:
    from: csv
    holds: customers
    file: customers.csv
    columns: {e-mail: Email, first name: First, consent: Newsletter}
"""
BY_NUMBER = BY_ADDRESS.replace("{e-mail", "{customer: Number, e-mail")
HEADINGS = "Number,Email,First,Phone,Newsletter"
GOOD = ["1,ana@example.com,Ana,,yes", "2,bruno@example.com,Bruno,,yes"]


def read(
    engine: Engine, folder: Path, rows: Sequence[str], yaml: str = BY_ADDRESS, *, hours: int = 0
) -> SyncReport:
    (folder / "customers.csv").write_text("\n".join([HEADINGS, *rows, ""]))
    return run_sync(engine, connect_source(folder, yaml), name="list", now=hours_later(hours))


def states(engine: Engine) -> dict[str | None, str]:
    addresses = dict(table_rows(engine, Customer, "id", "email"))
    basis = table_rows(engine, Basis, "customer_id", "state")
    return {addresses[customer]: state for customer, state in basis}


BROKEN_NOES = [
    '1,ana@example.com,Ana",,no',
    "1,ana@example.com,Ana,no",
    '1,ana@example.com,"Ana"x,,unsubscribed',
    '1,ana@example.com,"Ana\nGomes",,no',
]


@pytest.mark.parametrize("yaml", [BY_ADDRESS, BY_NUMBER])
@pytest.mark.parametrize("broken", BROKEN_NOES)
def test_a_no_in_a_row_that_is_set_aside_counts(
    broken: str, yaml: str, sqlite: Engine, tmp_path: Path
) -> None:
    read(sqlite, tmp_path, GOOD, yaml)
    assert states(sqlite) == {"ana@example.com": "yes", "bruno@example.com": "yes"}
    report = read(sqlite, tmp_path, [broken, GOOD[1]], yaml, hours=1)
    assert states(sqlite) == {"ana@example.com": "no", "bruno@example.com": "yes"}
    assert len(table_rows(sqlite, QuarantinedRecord)) == report.quarantined == 1
    assert report.absence.gone == 0


@pytest.mark.parametrize("yaml", [BY_ADDRESS, BY_NUMBER])
def test_a_no_in_a_row_that_is_set_aside_outweighs_a_yes_of_another(
    yaml: str, engine: Engine, tmp_path: Path
) -> None:
    read(engine, tmp_path, [BROKEN_NOES[0], *GOOD], yaml)
    assert states(engine)["ana@example.com"] == "no"


def test_a_no_for_one_of_two_addresses_is_left_to_the_owner(sqlite: Engine, tmp_path: Path) -> None:
    broken = '1,ana@example.com,"bruno@example.com"x,,no'
    read(sqlite, tmp_path, GOOD)
    read(sqlite, tmp_path, [broken, "3,clara@example.com,Clara,,yes"], hours=1)
    assert states(sqlite) == dict.fromkeys(
        ("ana@example.com", "bruno@example.com", "clara@example.com"), "yes"
    )


@pytest.mark.parametrize("yaml", [BY_ADDRESS, BY_NUMBER])
def test_who_stands_in_a_row_that_is_set_aside_has_not_left(
    yaml: str, engine: Engine, tmp_path: Path
) -> None:
    read(engine, tmp_path, GOOD, yaml)
    report = read(engine, tmp_path, ['1,ana@example.com,Ana",,yes'], yaml, hours=1)
    absences = dict(table_rows(engine, Identity, "email", "absence"))
    assert absences == {"ana@example.com": None, "bruno@example.com": "gone"}
    assert report.absence.gone == 1
    assert states(engine)["ana@example.com"] == "yes"


def test_a_corrected_row_leaves_nothing_behind(sqlite: Engine, tmp_path: Path) -> None:
    read(sqlite, tmp_path, ['1,ana@example.com,Ana",,no', GOOD[1]], BY_NUMBER)
    read(sqlite, tmp_path, ["1,ana@example.com,Ana,,no", GOOD[1]], BY_NUMBER, hours=1)
    assert states(sqlite) == {"ana@example.com": "no", "bruno@example.com": "yes"}
    assert table_rows(sqlite, QuarantinedRecord) == []
