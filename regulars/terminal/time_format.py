"""Moments as commands print them."""

from __future__ import annotations

from datetime import datetime, tzinfo

from templates.language import ENGLISH


def format_moment(moment: datetime, zone: tzinfo) -> str:
    """Returns `moment` on the clock of `zone`: 14 January 2026, 10:02."""
    return ENGLISH.date_and_time(moment.astimezone(zone))
