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
        ("Maria do Carmo de Sousa e Lima", "Maria", "do Carmo de Sousa e Lima"),
        ("Mrs", "Mrs", None),
        ("Guest customer", "Guest customer", None),
        ("Walk-in Customer", "Walk-in Customer", None),
        ("Go evil.example", "Go evil.example", None),
        ("null", "null", None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_full_name_is_split_and_anything_else_is_not(
    full_name: str | None, first: str | None, last: str | None
) -> None:
    assert split_name(full_name) == (first, last)
