"""Sentences of `birthday`."""

from __future__ import annotations

RULE = "When a birthday is {length} away"
RULE_SAME_DAY = "On somebody's birthday"
OCCASION = "birthday on {birthday}, so its mail is due {due_at}"
OCCASION_ELSEWHERE = "birthday on {birthday}, so its mail is due {due_at} (midnight in {zone})"
NONE = "Their birthday is not known."
