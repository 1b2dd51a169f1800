"""Sentences of `subscribed`."""

from __future__ import annotations

RULE = "When somebody says yes to your mail"
OCCASION = "said yes on {said_at}"
NONE = "They never said yes themselves."
NONE_OPTED_OUT = "They said no."
NONE_UNREAD = "What their source says about mail could not be read, so they get none."
NONE_UNDATED = "Their yes has no date: it came with a list, and nobody is welcomed for that."
