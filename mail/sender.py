"""What a way of sending has to do. One folder a sender beside this, one test suite for all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from mail.mime import Mail


@dataclass(frozen=True)
class Accepted:
    """The sender has it."""

    message_id: str


@dataclass(frozen=True)
class Refused:
    """The sender will not have it, and trying again would not help."""

    message_id: str
    why: str


Outcome = Accepted | Refused


class Sender(Protocol):
    """Where mails go."""

    reaches_people: bool
    """Whether a customer gets what is sent; else it was only rehearsed."""

    def send(self, mails: Sequence[Mail]) -> Iterator[Outcome]:
        """Send them one by one; raises `OutOfReach` where it cannot go on."""
        ...

    def accepted(self, message_ids: Collection[str]) -> set[str]:
        """Of mails whose sending was cut off, those it has; of the others it has none."""
        ...
