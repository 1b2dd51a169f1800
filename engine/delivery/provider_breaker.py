"""The circuit breaker: a provider that refuses most mails alike gets no more of this run.

When most recipients at one provider are refused for the same reason, the reason is hardly each of
them. The rest of that provider's mail waits, the owner is asked, and other mail goes on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select
from sqlmodel import col

from mail.failures.mailbox_providers import mailbox_provider
from mail.message.mime import Mail
from mail.senders.protocol import NoSuchAddress, Outcome, Refused, TemporaryFailure, Withheld
from shop.consent.failure_reasons import ADDRESS_REASONS, FailureReason
from shop.consent.suppressions import lift_suppression
from shop.db.provider_stops import stop_provider
from shop.tables import Message

MIN_REFUSALS = 5
LIFTED_BECAUSE = "most mails to {provider} were refused alike"
STOP_REASON = "{refused} of {sent} mails were refused alike: {reason}"


def is_refused_alike(refused: int, sent: int) -> bool:
    """Whether `refused` mails for one reason, of `sent` to one provider, stop it: five or more,
    and more than half.
    """
    return refused >= MIN_REFUSALS and refused * 2 > sent


@dataclass
class ProviderBreaker:
    """Counts the answers of one run by provider.

    `allowed` are the providers whose mail the owner lets go whatever is answered.
    """

    allowed: Collection[str] = ()
    _providers: dict[str, str] = field(default_factory=dict)  # by message id
    _sent: Counter[str] = field(default_factory=Counter)
    _refused: dict[tuple[str, FailureReason], list[str]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _open: dict[str, FailureReason] = field(default_factory=dict)

    def expect(self, mails: Iterable[Mail]) -> None:
        """Adds the mails of a batch, before they leave."""
        self._providers.update(
            {mail.message_id: mailbox_provider(mail.to_address) for mail in mails}
        )

    def count(self, outcome: Outcome) -> None:
        """Counts the answer to one message; a refusal for now tells nothing."""
        provider = self._providers.pop(outcome.message_id, None)
        if provider is None or isinstance(outcome, TemporaryFailure | Withheld):
            return
        self._sent[provider] += 1
        if isinstance(outcome, Refused | NoSuchAddress) and outcome.cause is not None:
            alike = self._refused[provider, outcome.cause]
            alike.append(outcome.message_id)
            if provider not in self.allowed and is_refused_alike(len(alike), self._sent[provider]):
                self._open.setdefault(provider, outcome.cause)

    def is_held(self, message_id: str) -> bool:
        """Whether the message is to a provider that has refused most."""
        return self._providers.get(message_id) in self._open

    def take_opened(self) -> list[OpenedBreaker]:
        """Returns the providers to stop, each with the messages refused since the last call."""
        opened = []
        for provider, reason in self._open.items():
            if message_ids := self._refused.pop((provider, reason), []):
                sent = self._sent[provider]
                opened.append(OpenedBreaker(provider, reason, tuple(message_ids), sent))
        return opened


@dataclass(frozen=True)
class OpenedBreaker:
    """A provider that refused `message_ids` for `reason`, of the number of mails `sent` to it."""

    provider: str
    reason: FailureReason
    message_ids: tuple[str, ...]
    sent: int


def stop_refusing_providers(
    connection: Connection, opened: Iterable[OpenedBreaker], *, now: datetime
) -> None:
    """Stops the mail of each provider, and lifts what its answers suppressed: an answer that most
    get is not about their addresses.
    """
    for breaker in opened:
        because = STOP_REASON.format(
            refused=len(breaker.message_ids), sent=breaker.sent, reason=breaker.reason.value
        )
        stop_provider(connection, breaker.provider, because, now=now)
        lifted_because = LIFTED_BECAUSE.format(provider=breaker.provider)
        for address in _suppressed_by(connection, breaker):
            lift_suppression(connection, address, lifted_because, now=now)


def _suppressed_by(connection: Connection, breaker: OpenedBreaker) -> list[str]:
    if breaker.reason not in ADDRESS_REASONS:
        return []
    query = select(col(Message.to_address)).where(col(Message.id).in_(breaker.message_ids))
    return [address for address in connection.scalars(query) if address]
