"""Sentences of `points expire`."""

from __future__ import annotations

RULE = "When points end in {length}"
RULE_SAME_DAY = "On the day on which points end"
OCCASION = "{points} points end on {expires_at}, so {length} ahead is {due_at}"
OCCASION_DAYS = (
    "{points} points end from {expires_at} to {last}, so {length} ahead of the first is {due_at}"
)
OCCASION_ONE = "1 point ends on {expires_at}, so {length} ahead is {due_at}"
NONE = "They have no points that end."
