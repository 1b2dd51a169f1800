"""When a job is due, and how long one that failed is left alone."""

from __future__ import annotations

from datetime import datetime, timedelta

MAX_SKIPPED_ROUNDS = 7  # rounds left out: with the usual quarter of an hour, two hours


def clamp_due(due: datetime, interval: timedelta, now: datetime) -> datetime:
    """A clock that was put back makes nobody wait for longer than one round."""
    return min(due, now + interval)


def next_due(due: datetime, interval: timedelta, now: datetime) -> datetime:
    """The next round: those that were slept through, or overrun, are not made up for."""
    missed = max(0, (now - due) // interval)
    return due + (missed + 1) * interval


def rounds_to_skip(failures: int) -> int:
    """How many rounds a source that failed so often in a row is not asked: 0, 1, 3, 7, 7."""
    return min(2 ** (min(failures, 10) - 1) - 1, MAX_SKIPPED_ROUNDS) if failures else 0
