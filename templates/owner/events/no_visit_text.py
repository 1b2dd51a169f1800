"""Sentences of `no visit`."""

from __future__ import annotations

OCCASION = "last visit {last_visit}, so {length} end on {due_at}"
OCCASION_USUAL = "last visit {last_visit}, so by their own rhythm they are missed from {due_at} on"
NONE_NO_VISITS = "They never bought anything that counts, as far as the last run saw."
NONE = "Nothing is known of their last visit."
NONE_NO_RHYTHM = "They have no rhythm yet: visits {visits}, and it takes {needed}."
