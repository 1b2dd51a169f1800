"""Birthdays that stand for none: which cells of a column they are."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.csv.cells.birthdays import BirthdayTally, SharedBirthdays
from connectors.csv.cells.date_order import DateOrder
from tests.examples import examples


def shared(cells: Iterable[str], order: DateOrder | None = None) -> SharedBirthdays:
    tally = BirthdayTally()
    for cell in cells:
        tally.add(cell)
    return tally.shared_birthdays(order)


NATURAL = [f"19{50 + day}-{1 + day % 12:02d}-{2 + day % 27:02d}" for day in range(40)]


@pytest.mark.parametrize(
    ("cells", "found", "sentence"),
    [
        (
            ["2000-01-01"] * 20 + ["1970-01-01"] * 20,
            {"2000-01-01", "1970-01-01"},
            "40 of 40 birthdays are 1 January (1970-01-01, 2000-01-01)",
        ),
        (
            ["01/01/1980", "1 January 1980", "01/01"] * 4 + NATURAL,
            {"01/01/1980", "1 January 1980", "01/01"},
            "12 of 52 birthdays are 1 January (01/01, 01/01/1980, 1 January 1980)",
        ),
        (
            [f"{1960 + year}-01-01" for year in range(12)] + NATURAL,
            {f"{1960 + year}-01-01" for year in range(12)},
            "12 of 52 birthdays are 1 January (1960-01-01, 1961-01-01, 1962-01-01, …)",
        ),
        (["2000-01-01"] * 5 + NATURAL * 10, {"2000-01-01"}, None),
        (["1990-01-01", *NATURAL], set(), ""),
        (["1990-01-01", "1985-01-01", "--01-01", *NATURAL], set(), ""),
        (["2000-01-01"] * 4, set(), ""),
        (["1990-03-06"] * 40, set(), ""),
        (["", "soon"], set(), ""),
    ],
)
def test_a_first_of_january_that_too_many_share_stands_for_none(
    cells: list[str], found: set[str], sentence: str | None
) -> None:
    result = shared(cells)
    assert result.cells == found
    assert sentence is None or str(result) == sentence


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.dates().map(str), max_size=60))
def test_days_that_differ_are_all_kept(birthdays: list[str]) -> None:
    assert (
        shared(set(birthdays) - {day for day in birthdays if day.endswith("01-01")}).cells == set()
    )
