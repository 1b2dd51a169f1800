"""Sentences of `survey answered`."""

from __future__ import annotations

OCCASION = "answered {answered_at} ({scores})"
NO_SCORES = "no figure"
NONE = "They answered no survey."
