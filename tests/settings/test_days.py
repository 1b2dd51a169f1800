"""Closed days: parsing, printing, and which dates they cover."""

from __future__ import annotations

from datetime import date

import pytest

from settings.days import ClosedOn


@pytest.mark.parametrize("text", ["Monday", "25 December", "24 December to 2 January"])
def test_a_closed_day_prints_as_it_was_written(text: str) -> None:
    assert str(ClosedOn.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("monday", "Write Monday."),
        ("Mondays", "Write Monday."),
        ("mon", "Write Monday."),
        ("31 February", 'There is no "31 February" in the calendar.'),
        ("Dec 24", "is no day"),
        ("24.12.", "is no day"),
    ],
)
def test_another_spelling_is_refused_with_the_right_one(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        ClosedOn.parse(text)


@pytest.mark.parametrize(
    ("text", "day", "closed"),
    [
        ("Monday", "2026-03-02", True),
        ("Monday", "2026-03-03", False),
        ("24 December to 2 January", "2026-12-23", False),
        ("24 December to 2 January", "2026-12-24", True),
        ("24 December to 2 January", "2027-01-02", True),
        ("24 December to 2 January", "2027-01-03", False),
        ("10 June to 12 June", "2026-06-12", True),
        ("10 June to 12 June", "2026-12-12", False),
    ],
)
def test_both_ends_of_a_closed_period_count(text: str, day: str, closed: bool) -> None:
    assert ClosedOn.parse(text).covers(date.fromisoformat(day)) is closed
