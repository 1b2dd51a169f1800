"""The calendar for `--json`: keys with blanks, days and times in ISO 8601."""

from __future__ import annotations

from typing import Any

from engine.calendar.model import Calendar, CalendarDay, Entry
from engine.calendar.wording import describe
from engine.config.owner_config import OwnerConfig


def to_document(calendar: Calendar, config: OwnerConfig) -> dict[str, Any]:
    """Returns `calendar` as plain values."""
    return {
        "as of": calendar.as_of.isoformat(),
        "all mail stopped": calendar.all_stopped,
        "paused": list(calendar.paused),
        "days": [_day(day, config) for day in calendar.days],
    }


def _day(day: CalendarDay, config: OwnerConfig) -> dict[str, Any]:
    return {
        "day": day.day.isoformat(),
        "mails at most": day.mails,
        "certain": [_entry(entry, config) for entry in day.certain],
        "if nothing changes": [_entry(entry, config) for entry in day.likely],
    }


def _entry(entry: Entry, config: OwnerConfig) -> dict[str, Any]:
    action = entry.action
    return {
        "what": entry.kind.value,
        "rule": entry.rule,
        "count": entry.count,
        "at": entry.at.isoformat() if entry.at else None,
        "then": action and {
            "does": action.deed.value,
            "name": action.name,
            "at": action.at.isoformat(),
            "waits for your word": action.needs_approval,
        },
        "people": entry.people,
        "says": describe(entry, config).text,
    }  # fmt: skip
