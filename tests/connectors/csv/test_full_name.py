"""Full names in one column."""

from __future__ import annotations

import pytest

from connectors.csv.full_name import split_name


@pytest.mark.parametrize(
    ("full_name", "first", "last"),
    [
        ("Clara", "Clara", None),
        ("Clara Sol", "Clara", "Sol"),
        ("Clara Sousa Sol", "Clara", "Sousa Sol"),
        ("Sol, Clara", "Clara", "Sol"),
        ("Dr. Clara Sol", "Clara", "Sol"),
        ("Frau Sol", None, "Sol"),
        ("Sol,", "Sol,", None),
        ("Mrs", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_full_name_is_split(full_name: str | None, first: str | None, last: str | None) -> None:
    assert split_name(full_name) == (first, last)
