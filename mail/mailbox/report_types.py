"""What a mail that came in says about one that went out."""

from __future__ import annotations

from dataclasses import dataclass

from shop.consent.suppressions import EventKind


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A mail did not arrive, arrived late, or was called spam."""

    kind: EventKind
    message_ids: tuple[str, ...]  # what may be ours; the nearest first
    recipient: str  # as the report writes it: to tell two apart, never to act on
    detail: str


@dataclass(frozen=True, slots=True)
class UnsubscribeRequest:
    """Somebody wants no more mail."""

    token: str | None
    message_ids: tuple[str, ...]  # of the mails it answers
    sender: str | None
    explicit: bool  # it says so; else it only went to the address that is for nothing else


@dataclass(frozen=True, slots=True)
class CustomerReply:
    """A person answers a mail."""

    message_ids: tuple[str, ...]


Finding = DeliveryReport | UnsubscribeRequest | CustomerReply


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """One mail, as far as it concerns us."""

    key: str
    sender: str | None
    subject: str
    findings: tuple[Finding, ...] = ()
    automatic: bool = False
    unreadable: bool = False
