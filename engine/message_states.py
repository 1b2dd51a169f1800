"""The states of a message."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Stored in `messages.state`; docs/architecture.md draws the transitions."""

    AWAITING_APPROVAL = "awaiting approval"
    QUEUED = "queued"
    DEFERRED = "deferred"
    SENDING = "sending"
    IN_DIGEST = "in a digest"  # goes with another (`engine.messages.service_digest`)
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
"""Accepted by a mail server or provider, including mails that bounced later."""
