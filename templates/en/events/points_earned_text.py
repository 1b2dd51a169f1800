"""Sentences of `points earned`."""

from __future__ import annotations

REASON = "you collect points with us"
OCCASION = "earned points on {earned_at}, the first time in that week"
NONE = "They earned no points."
