"""What the values of a column are."""

from __future__ import annotations

from time import process_time

import pytest

from connectors.csv.guess.column_values import is_address


@pytest.mark.parametrize(
    ("text", "expected"),
    [("ana@example.com", True), ("Ana <ana@example.com>", True), ("ana@example", False)],
)
def test_an_address_is_found_in_a_text(text: str, expected: bool) -> None:
    assert is_address(text) is expected


def test_a_heading_of_a_megabyte_takes_no_time() -> None:
    begin = process_time()
    assert not is_address("x" * 1_000_000)
    assert process_time() - begin < 1
