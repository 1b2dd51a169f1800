"""Sentences of `survey answered`."""

from __future__ import annotations

RULE = "When somebody answers a survey"
OCCASION = "answered {answered_at} ({scores})"
NO_SCORES = "no figure"
NONE = "They answered no survey."
