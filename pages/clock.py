"""What time it is, for whoever asks in the middle of a request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def machine_clock() -> datetime:
    return datetime.now(UTC)
