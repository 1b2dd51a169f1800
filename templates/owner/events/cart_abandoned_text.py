"""Sentences of `cart abandoned`."""

from __future__ import annotations

RULE = "When a cart was left {length} ago"
OCCASION = "cart left {left_at}, so {length} end on {due_at}"
OCCASION_WORTH = "cart of {total} left {left_at}, so {length} end on {due_at}"
NONE = "No cart of theirs is waiting."
NONE_BOUGHT = "No cart of theirs is waiting. The last one was bought on {bought_at}."
