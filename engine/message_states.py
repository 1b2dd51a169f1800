"""Where a message stands."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    AWAITING_APPROVAL = "awaiting approval"
    QUEUED = "queued"
    DEFERRED = "deferred"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    IN_DOUBT = "in doubt"
    REHEARSED = "rehearsed"
    SKIPPED = "skipped"
    FAILED = "failed"
    DECLINED = "declined"


ACCEPTED = frozenset({State.SENT, State.DELIVERED, State.BOUNCED, State.COMPLAINED})
"""A mail service has taken it, whatever became of it then."""
