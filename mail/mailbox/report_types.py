"""What a received mail says about one that was sent."""

from __future__ import annotations

from dataclasses import dataclass

from shop.consent.failure_reasons import FailureReason
from shop.consent.suppressions import EventKind


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A mail bounced, was delayed, or was called spam."""

    kind: EventKind
    message_ids: tuple[str, ...]  # candidates for our mail, the nearest first
    recipient: str  # as reported: distinguishes reports, never acted on
    detail: str
    reason: FailureReason | None = None  # of a failure


@dataclass(frozen=True, slots=True)
class UnsubscribeRequest:
    """A customer opts out by mail."""

    token: str | None
    message_ids: tuple[str, ...]  # of the mails it replies to
    sender: str | None
    explicit: bool  # its words say so; else it was sent to the opt-out address


@dataclass(frozen=True, slots=True)
class CustomerReply:
    """A person replies to a mail."""

    message_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PossibleOptOut:
    """A person mentions an opt-out, in words that only a person can judge."""

    message_ids: tuple[str, ...]  # of the mails it replies to
    sender: str | None


Finding = DeliveryReport | UnsubscribeRequest | CustomerReply | PossibleOptOut


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """One received mail, with everything that concerns us."""

    key: str
    sender: str | None
    subject: str
    findings: tuple[Finding, ...] = ()
    automatic: bool = False
    unreadable: bool = False
