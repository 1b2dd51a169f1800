"""Columns that are not read, in groups."""

from __future__ import annotations

from collections import Counter

from connectors.csv.guess.column_values import ColumnValues
from connectors.csv.inspection.unread_columns import group_unread
from connectors.csv.presets.registry import get_preset

FILLED = ColumnValues(1, Counter(["x"]))


def test_unread_columns_are_grouped_by_what_they_hold() -> None:
    columns = ["Email Address", "Memo", "Last Visit", "City", "Nickname", "LIFETIME SPEND", "Dog"]
    values = {name: FILLED for name in columns if name != "Nickname"}
    assert group_unread(columns, {"Email Address"}, values, get_preset("square-customers")) == {
        "postal addresses": ("City",),
        "sums that the transactions give": ("Last Visit", "LIFETIME SPEND"),
        "empty in every row": ("Nickname",),
        "other": ("Memo", "Dog"),
    }


def test_without_a_preset_only_the_empty_columns_are_told_apart() -> None:
    assert group_unread(["A", "B", ""], (), {"A": FILLED}, None) == {
        "empty in every row": ("B",), "other": ("A",),
    }  # fmt: skip
