"""A graceful stop: a sender that stops between two mails; the rest of its batch is released."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from engine.open.open_shop import OpenShop
from mail.message.mime import Mail
from mail.senders.protocol import Delivery, Outcome, RecallResult, Sender
from settings.errors import UnavailableError

StopCheck = Callable[[], bool]


def never_stop() -> bool:
    return False


class StoppedError(UnavailableError):
    """The delivery was asked to stop; the unsent mails go with the next run."""


def with_stop_check(shop: OpenShop, should_stop: StopCheck) -> OpenShop:
    """Returns the `shop` with a sender that raises `StoppedError` once `should_stop` is true."""
    return replace(shop, sender=StoppableSender(shop.sender, should_stop))


class StoppableSender:
    """Wraps a sender; a stop looks like an unavailable sender, which delivery handles anyway."""

    def __init__(self, sender: Sender, should_stop: StopCheck) -> None:
        self._sender, self._should_stop = sender, should_stop
        self.name, self.reaches_people = sender.name, sender.reaches_people

    @contextmanager
    def delivery(self, lease_owner: str) -> Iterator[Delivery]:
        with self._sender.delivery(lease_owner) as delivery:
            yield StoppableDelivery(delivery, self._should_stop)

    def recall(self, leases: Mapping[str, str]) -> RecallResult:
        return self._sender.recall(leases)


class StoppableDelivery:
    """Checks for a stop after each mail; the current mail is always finished."""

    def __init__(self, delivery: Delivery, should_stop: StopCheck) -> None:
        self._delivery, self._should_stop = delivery, should_stop

    def send(self, mails: Sequence[Mail]) -> Iterator[Outcome]:
        """Yields the outcomes of the `mails`; raises `StoppedError` between two of them."""
        outcomes = self._delivery.send(mails)
        try:
            for position, outcome in enumerate(outcomes, start=1):
                yield outcome
                if position < len(mails) and self._should_stop():
                    raise StoppedError
        finally:
            # Closing lets the sender undo what it has begun for the next mail.
            if close_outcomes := getattr(outcomes, "close", None):
                close_outcomes()

    def outcomes_saved(self) -> None:
        self._delivery.outcomes_saved()
