"""Columns of the owner's own in a file of customers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from sandbox.cafe import NOW
from settings.errors import OwnerFileError
from shop.tables import CustomField, QuarantinedRecord
from tests.connectors.corner_cafe import connect_source, run_sync, table_rows

LIST = """\
sources:
  old-list:
    from: csv
    holds: customers
    file: customers.csv
    columns: {e-mail: Email, consent: Yes, my columns: {allergy: Allergies, favourite roast: Roast}}
"""


def sync(
    shop: Engine, folder: Path, lines: str, hours: int = 0, yaml: str = LIST
) -> dict[tuple[str, str], str]:
    (folder / "customers.csv").write_text(lines, encoding="utf-8")
    now = NOW + timedelta(hours=hours)
    run_sync(shop, connect_source(folder, yaml), name="old-list", now=now)
    rows = table_rows(shop, CustomField, "external_id", "name", "value")
    return {(key, name): value for key, name, value in rows}


def test_the_values_of_own_columns_are_stored(sqlite: Engine, tmp_path: Path) -> None:
    lines = (
        "Email,Yes,Allergies,Roast\nana@example.com,yes,Nuts,\n"
        'bruno@example.com,,"soy\nand  eggs",dark\u200b\u202e roast\n'
    )
    assert sync(sqlite, tmp_path, lines) == {
        ("ana@example.com", "allergy"): "Nuts",
        ("bruno@example.com", "allergy"): "soy and eggs",
        ("bruno@example.com", "favourite roast"): "dark roast",
    }


def test_what_leaves_the_file_or_the_configuration_is_deleted(
    sqlite: Engine, tmp_path: Path
) -> None:
    header = "Email,Yes,Allergies,Roast\n"
    sync(sqlite, tmp_path, f"{header}ana@example.com,yes,Nuts,dark\n")
    emptied = sync(sqlite, tmp_path, f"{header}ana@example.com,yes,,dark\n", 1)
    assert emptied == {("ana@example.com", "favourite roast"): "dark"}
    plain = LIST.replace(", my columns: {allergy: Allergies, favourite roast: Roast}", "")
    assert sync(sqlite, tmp_path, f"{header}ana@example.com,yes,,dark\n", 2, plain) == {}


@pytest.mark.parametrize("cell", ["-", "N/A", "null", "#REF!"])
def test_what_programs_write_into_empty_cells_is_no_value(
    cell: str, sqlite: Engine, tmp_path: Path
) -> None:
    lines = f"Email,Yes,Allergies,Roast\nana@example.com,yes,{cell},dark\n"
    assert list(sync(sqlite, tmp_path, lines).values()) == ["dark"]


def test_a_long_value_is_shortened_and_said_so(sqlite: Engine, tmp_path: Path) -> None:
    lines = f"Email,Yes,Allergies,Roast\nana@example.com,yes,{'x' * 600},\n"
    assert (sync(sqlite, tmp_path, lines))["ana@example.com", "allergy"] == "x" * 500
    reason = "Of allergy only the first 500 letters are kept."
    assert table_rows(sqlite, QuarantinedRecord, "reason") == [(reason,)]


def test_a_heading_that_is_missing_is_named(sqlite: Engine, tmp_path: Path) -> None:
    with pytest.raises(OwnerFileError, match='no column "Roast"'):
        sync(sqlite, tmp_path, "Email,Yes,Allergies\nana@example.com,yes,Nuts\n")
