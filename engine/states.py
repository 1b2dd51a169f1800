"""Where a message stands."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    AWAITING_APPROVAL = "awaiting approval"
    QUEUED = "queued"
    DEFERRED = "deferred"
    SENDING = "sending"
    SENT = "sent"
    REHEARSED = "rehearsed"
    SKIPPED = "skipped"
    FAILED = "failed"
    DECLINED = "declined"
