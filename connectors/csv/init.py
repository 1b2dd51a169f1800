"""Declares CSV files for `regulars init`; the questions about each file are in `regulars`."""

from __future__ import annotations

from connectors.setup import Setup

SETUP = Setup(
    name="csv",
    label="CSV",
    choices=("csv", "file", "list"),
    choice_hint="csv (a list from elsewhere)",
    flag="--csv",
    is_offered_last=True,
)
