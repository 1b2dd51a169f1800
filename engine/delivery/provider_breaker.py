"""The circuit breaker: a provider that refuses most mails alike gets no more of this run.

The rest of that provider's mail waits, the owner is asked, and other mail goes on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from engine.messages.refusing_providers import RefusingProvider, is_refused_alike
from mail.failures.mailbox_providers import mailbox_provider
from mail.message.mime import Mail
from mail.senders.protocol import NoSuchAddress, Outcome, Refused, TemporaryFailure, Withheld
from shop.consent.failure_reasons import FailureReason


@dataclass
class ProviderBreaker:
    """Counts the answers of one run by provider."""

    _allowed: Collection[str] = ()
    _providers: dict[str, str] = field(default_factory=dict)  # by message id
    _sent: Counter[str] = field(default_factory=Counter)
    _refused: Counter[tuple[str, FailureReason]] = field(default_factory=Counter)
    _new: dict[tuple[str, FailureReason], list[str]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _open: dict[str, FailureReason] = field(default_factory=dict)

    def expect(self, mails: Iterable[Mail], allowed: Collection[str]) -> None:
        """Adds the mails of a batch, before they leave; `allowed` are the providers whose mail the
        owner lets go whatever is answered.

        Providers that an earlier batch stopped are stopped in the database by now, unless the
        owner has resumed their mail.
        """
        self._allowed = allowed
        self._open.clear()
        self._providers = {mail.message_id: mailbox_provider(mail.to_address) for mail in mails}

    def count(self, outcome: Outcome) -> None:
        """Counts the answer to one message; a refusal for now tells nothing."""
        provider = self._providers.pop(outcome.message_id, None)
        if provider is None or isinstance(outcome, TemporaryFailure | Withheld):
            return
        self._sent[provider] += 1
        if isinstance(outcome, Refused | NoSuchAddress) and outcome.cause is not None:
            alike = (provider, outcome.cause)
            self._refused[alike] += 1
            self._new[alike].append(outcome.message_id)
            is_alike = is_refused_alike(self._refused[alike], self._sent[provider])
            if is_alike and provider not in self._allowed:
                self._open.setdefault(provider, outcome.cause)

    def is_held(self, message_id: str) -> bool:
        """Whether the message is to a provider that has refused most."""
        return self._providers.get(message_id) in self._open

    def take_opened(self) -> list[RefusingProvider]:
        """Returns the providers to stop, each with the messages refused since the last call."""
        return [
            RefusingProvider(
                provider, reason, self._refused[provider, reason], self._sent[provider],
                tuple(message_ids),
            )
            for provider, reason in self._open.items()
            if (message_ids := self._new.pop((provider, reason), []))
        ]  # fmt: skip
