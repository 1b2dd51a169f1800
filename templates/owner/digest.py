"""Words of the owner's morning letter beside its template, `owner/morning.txt`."""

from __future__ import annotations

SUBJECT = "{shop}: {day}"
ALL_MAIL = "all mail"
# What became of messages, by their state, in the order of the letter.
STATES = {
    "sent": "sent",
    "delivered": "sent and delivered",
    "rehearsed": "rehearsed",
    "deferred": "put off",
    "skipped": "not sent, with a reason",
    "bounced": "came back",
    "complained": "called spam",
    "failed": "failed",
}
