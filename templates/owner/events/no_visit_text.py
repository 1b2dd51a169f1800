"""Sentences of `no visit`."""

from __future__ import annotations

RULE = "When somebody has not come for {length}"
RULE_USUAL = "When somebody stays away longer than is usual for them"
OCCASION = "last visit {last_visit}, so {length} end on {due_at}"
OCCASION_USUAL = "last visit {last_visit}, so by their own rhythm they are missed from {due_at} on"
NONE_NO_VISITS = "They never bought anything that counts, as far as the last run saw."
NONE = "Nothing is known of their last visit."
NONE_NO_RHYTHM = "They have no rhythm yet: visits {visits}, and it takes {needed}."
