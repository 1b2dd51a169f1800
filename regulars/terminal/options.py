"""What several commands understand alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from settings.errors import WrongUsageError

TIME_FORMAT_HELP = "a date, a time and its zone, like 2026-03-03T10:00:00+00:00"
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="Another time than now: 2026-03-03T10:00:00+00:00"),
]


def parse_at(text: str | None) -> datetime:
    """--at with its zone; without it, now."""
    if text is None:
        return datetime.now(UTC)
    time = parse_time(text)
    if time is None:
        raise WrongUsageError(f"--at {text}: write {TIME_FORMAT_HELP}.")
    return time


def parse_time(text: str) -> datetime | None:
    """A date, a time and its zone; None where it is none."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    is_usable = time.tzinfo is not None and 1970 < time.year < 2200
    return time.astimezone(UTC) if is_usable else None
