"""Moments and lengths in words, on the shop's clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo


def format_moment(moment: datetime, zone: tzinfo) -> str:
    """14 January 2026, 10:02."""
    local_time = moment.astimezone(zone)
    return f"{format_day(local_time)}, {local_time:%H:%M}"


def format_day(day: date) -> str:
    """14 January 2026."""
    return f"{day.day} {day:%B %Y}"


def format_length(length: timedelta) -> str:
    """14 days, 1 day, 36 hours."""
    hours = length // timedelta(hours=1)
    if hours % 24 or not hours:
        return f"{hours} hours" if hours else f"{length // timedelta(minutes=1)} minutes"
    return "1 day" if hours == 24 else f"{hours // 24} days"
