"""Numbers of customers and tasks, as they come in addresses and forms."""

from __future__ import annotations

MAX_DIGITS = 15  # a database can compare them


def read_number(text: str) -> int | None:
    """Returns the number that `text` is, of ASCII digits alone; None for anything else."""
    is_number = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
    return int(text) if is_number else None
