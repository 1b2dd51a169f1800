"""The interface of senders; tests/mail/senders/test_conformance.py holds all of them to it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from mail.message.mime import Mail
from shop.consent.failure_reasons import FailureReason


@dataclass(frozen=True)
class Accepted:
    """The service has the mail."""

    message_id: str


@dataclass(frozen=True)
class Refused:
    """The service refuses this mail for good.

    `cause` is why, where a mail server decided about the recipient's mail; None where the mail was
    never judged by one.
    """

    message_id: str
    reason: str
    cause: FailureReason | None = field(default=None, compare=False)


@dataclass(frozen=True)
class NoSuchAddress:
    """The address does not exist, or takes no mail any more."""

    message_id: str
    reason: str
    cause: FailureReason = field(default=FailureReason.USER_UNKNOWN, compare=False)


@dataclass(frozen=True)
class TemporaryFailure:
    """Not now: a full mailbox, or a server that wants this mail later."""

    message_id: str
    reason: str
    cause: FailureReason = field(default=FailureReason.UNKNOWN, compare=False)


@dataclass(frozen=True)
class Withheld:
    """The last check did not permit the mail; nothing of its content was handed over."""

    message_id: str


Outcome = Accepted | Refused | NoSuchAddress | TemporaryFailure | Withheld


@dataclass(frozen=True)
class RecallResult:
    """What a sender knows about mails that were cut off; it does not have the others."""

    accepted: frozenset[str] = frozenset()
    in_doubt: frozenset[str] = frozenset()


class SendCheck(Protocol):
    """The last check before mails leave. A sender asks it immediately before it hands over their
    content: between two mails, or between two requests that carry several.
    """

    def permitted(self, message_ids: Sequence[str]) -> Collection[str]:
        """Returns those of `message_ids` that may leave now; for the others the sender yields
        `Withheld`. Raises UnavailableError where the delivery must end before them.
        """
        ...

    def is_withheld(self, message_id: str) -> bool:
        """Returns whether it is known already that the mail may not leave; asks nothing anew."""
        ...


class Unchecked:
    """A check that permits everything: for mails that depend on nothing that may change."""

    def permitted(self, message_ids: Sequence[str]) -> Collection[str]:
        return message_ids

    def is_withheld(self, message_id: str) -> bool:  # the interface of SendCheck
        return False


UNCHECKED = Unchecked()


class Delivery(Protocol):
    """An open delivery, over one connection."""

    def send(self, mails: Sequence[Mail], check: SendCheck = UNCHECKED) -> Iterator[Outcome]:
        """Sends `mails` one by one and yields an outcome for each, in their order.

        `check` is asked immediately before each mail or request. Raises UnavailableError where it
        cannot go on; `recall` tells what became of the rest.
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
