"""Sentences of `birthday`."""

from __future__ import annotations

OCCASION = "birthday on {birthday}, so its mail is due {due_at}"
OCCASION_ELSEWHERE = "birthday on {birthday}, so its mail is due {due_at} (midnight in {zone})"
NONE = "Their birthday is not known."
