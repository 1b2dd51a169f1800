"""Sentences of `points earned`."""

from __future__ import annotations

RULE = "When somebody earns points"
OCCASION = "earned points on {earned_at}; seven days have one mail at most"
NONE = "They earned no points."
