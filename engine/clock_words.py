"""Moments in words, on the shop's clock."""

from __future__ import annotations

from datetime import date, datetime, tzinfo


def moment_told(at: datetime, zone: tzinfo) -> str:
    """14 January 2026, 10:02."""
    local = at.astimezone(zone)
    return f"{day_told(local)}, {local:%H:%M}"


def day_told(day: date) -> str:
    """14 January 2026."""
    return f"{day.day} {day:%B %Y}"
