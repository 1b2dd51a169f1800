"""The interface of senders; tests/mail/senders/test_conformance.py holds all of them to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from mail.message.mime import Mail


@dataclass(frozen=True)
class Accepted:
    """The service has the mail."""

    message_id: str


@dataclass(frozen=True)
class Refused:
    """The service refuses this mail for good."""

    message_id: str
    reason: str


@dataclass(frozen=True)
class NoSuchAddress:
    """The address does not exist."""

    message_id: str
    reason: str


@dataclass(frozen=True)
class TemporaryFailure:
    """Not now: a full mailbox, or a server that wants this mail later."""

    message_id: str
    reason: str


Outcome = Accepted | Refused | NoSuchAddress | TemporaryFailure


@dataclass(frozen=True)
class RecallResult:
    """What a sender knows about mails that were cut off; it does not have the others."""

    accepted: frozenset[str] = frozenset()
    in_doubt: frozenset[str] = frozenset()


class Delivery(Protocol):
    """An open delivery, over one connection."""

    def send(self, mails: Sequence[Mail]) -> Iterator[Outcome]:
        """Sends `mails` one by one and yields an outcome for each, in their order.

        Raises UnavailableError where it cannot go on; `recall` tells what became of the rest.
        """
        ...

    def outcomes_saved(self) -> None:
        """Called when all outcomes so far are in the database: `recall` needs them no more."""
        ...


class Sender(Protocol):
    """One way to send mails."""

    name: str
    """As the owner writes it behind `through`."""

    reaches_people: bool
    """Whether a customer gets what is sent; else it was only rehearsed."""

    def delivery(self, lease_owner: str) -> AbstractContextManager[Delivery]:
        """Opens a delivery in the name of `lease_owner`; nothing is handed over before this."""
        ...

    def recall(self, leases: Mapping[str, str]) -> RecallResult:
        """Returns what became of mails that were being sent when their process died.

        `leases` maps message ids to lease owners.
        """
        ...
