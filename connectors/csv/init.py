"""How CSV files are offered by `regulars init`; what it asks about each is in `regulars` itself."""

from __future__ import annotations

from connectors.setup import Setup

SETUP = Setup(
    name="csv",
    label="CSV",
    choices=("csv", "file", "list"),
    choice_hint="csv (a list from elsewhere)",
    flag="--csv",
)
