"""The time source of request handlers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def machine_clock() -> datetime:
    """Returns the current time in UTC."""
    return datetime.now(UTC)
