"""When a periodic job is due, and how many rounds a failing one skips."""

from __future__ import annotations

from datetime import datetime, timedelta

MAX_SKIPPED_ROUNDS = 7  # two hours with the default interval of a quarter of an hour


def clamp_due(due: datetime, interval: timedelta, now: datetime) -> datetime:
    """Returns `due`, at most one `interval` after `now`: the clock may have been set back."""
    return min(due, now + interval)


def next_due(due: datetime, interval: timedelta, now: datetime) -> datetime:
    """Returns the first of `due`, `due` + `interval` … after `now`: missed rounds are skipped."""
    missed = max(0, (now - due) // interval)
    return due + (missed + 1) * interval


def rounds_to_skip(failures: int) -> int:
    """Returns the rounds to skip after `failures` consecutive ones: 0, 0, 1, 3, 7, 7 and so on."""
    return min(2 ** (min(failures, 10) - 1) - 1, MAX_SKIPPED_ROUNDS) if failures else 0
