"""What several commands understand alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from settings.trouble import WrongUse

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="Another time than now: 2026-03-03T10:00:00+00:00"),
]


def moment(text: str | None) -> datetime:
    """--at with its zone; without it, now."""
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise WrongUse(_no_time(text)) from error
    if found.tzinfo is None or not 1970 < found.year < 2200:
        raise WrongUse(_no_time(text))
    return found.astimezone(UTC)


def _no_time(text: str) -> str:
    return f"--at {text}: write a date, a time and its zone, like 2026-03-03T10:00:00+00:00."
