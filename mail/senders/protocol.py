"""What a way of sending has to do. One folder a sender beside this, one test suite for all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from mail.message.mime import Mail


@dataclass(frozen=True)
class Accepted:
    """The sender has it."""

    message_id: str


@dataclass(frozen=True)
class Refused:
    """The sender will not have this mail, and trying again would not help."""

    message_id: str
    reason: str


@dataclass(frozen=True)
class NoSuchAddress:
    """Nothing will ever arrive at this address."""

    message_id: str
    reason: str


@dataclass(frozen=True)
class TemporaryFailure:
    """Not now: a full mailbox, a server that asks for patience with this one address."""

    message_id: str
    reason: str


Outcome = Accepted | Refused | NoSuchAddress | TemporaryFailure


@dataclass(frozen=True)
class RecallResult:
    """What a sender knows of mails whose sending was cut off; of the others it has none."""

    accepted: frozenset[str] = frozenset()
    in_doubt: frozenset[str] = frozenset()


class Delivery(Protocol):
    """One delivery under way, over one connection."""

    def send(self, mails: Sequence[Mail]) -> Iterator[Outcome]:
        """Send them one by one, an outcome each, in their order.

        Raises `UnavailableError` where it cannot go on; what became of the rest, `recall` tells.
        """
        ...

    def outcomes_saved(self) -> None:
        """All outcomes so far are in the database: nobody will ask for them again."""
        ...


class Sender(Protocol):
    """Where mails go."""

    name: str
    """As the owner writes it behind `through`."""

    reaches_people: bool
    """Whether a customer gets what is sent; else it was only rehearsed."""

    def delivery(self, lease_owner: str) -> AbstractContextManager[Delivery]:
        """Opens a delivery in the name of `lease_owner`; nothing is handed over before this."""
        ...

    def recall(self, leases: Mapping[str, str]) -> RecallResult:
        """What became of mails that were under way when their holder stopped: id → holder."""
        ...
