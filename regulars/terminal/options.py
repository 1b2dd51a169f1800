"""What several commands understand alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from settings.errors import WrongUse

A_TIME = "a date, a time and its zone, like 2026-03-03T10:00:00+00:00"
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="Another time than now: 2026-03-03T10:00:00+00:00"),
]


def moment(text: str | None) -> datetime:
    """--at with its zone; without it, now."""
    if text is None:
        return datetime.now(UTC)
    found = instant(text)
    if found is None:
        raise WrongUse(f"--at {text}: write {A_TIME}.")
    return found


def instant(text: str) -> datetime | None:
    """A date, a time and its zone; None where it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    known = found.tzinfo is not None and 1970 < found.year < 2200
    return found.astimezone(UTC) if known else None
