"""Ending in the middle of a delivery, nothing in doubt: the rest of the batch is handed back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime

from engine.delivery.deliver import Progress, deliver
from engine.open.open_shop import OpenShop
from engine.signup.confirmation import send_confirmations
from engine.tick_context import TickContext
from mail.message.mime import Mail
from mail.senders.protocol import Delivery, Outcome, RecallResult, Sender
from settings.errors import UnavailableError

StopCheck = Callable[[], bool]


def never_stop() -> bool:
    return False


stop_check: ContextVar[StopCheck] = ContextVar("asked_to_end", default=never_stop)


class StoppedError(UnavailableError):
    """Stopped between two mails; the others go with the next run."""


def deliver_until_stopped(
    shop: OpenShop,
    context: TickContext,
    progress: Progress | None,
    should_stop: StopCheck = never_stop,
) -> None:
    """Deliver; asked to end, after the mail at hand."""

    def report_delivered(count: int) -> None:
        if progress:
            progress(count)
        if should_stop():
            raise StoppedError

    # First, for somebody looks into their mailbox at this moment. But whoever signs up is a
    # stranger: no address that they type may keep back the mail of all the others.
    confirmation_error = _try_confirmations(shop, should_stop)
    with suppress(StoppedError):
        if not should_stop():
            deliver(
                replace(shop, sender=StoppableSender(shop.sender, should_stop)),
                context,
                report_delivered,
            )
    if confirmation_error:
        raise confirmation_error


def _try_confirmations(shop: OpenShop, should_stop: StopCheck) -> Exception | None:
    try:
        confirm_until_stopped(shop, should_stop)
    except Exception as error:  # noqa: BLE001  # of whatever kind: it is raised when the mail is out
        return error
    return None


def confirm_until_stopped(shop: OpenShop, should_stop: StopCheck = never_stop) -> None:
    """Write to whoever signed up; asked to end, after the mail at hand."""
    with suppress(StoppedError):
        if not should_stop():
            stoppable_shop = replace(shop, sender=StoppableSender(shop.sender, should_stop))
            send_confirmations(stoppable_shop, now=datetime.now(UTC))


class StoppableSender:
    """A sender that is out of reach as soon as it is asked to end: that the work knows about."""

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
    """Goes on to the next mail only where nobody has asked it to end."""

    def __init__(self, delivery: Delivery, should_stop: StopCheck) -> None:
        self._delivery, self._should_stop = delivery, should_stop

    def send(self, mails: Sequence[Mail]) -> Iterator[Outcome]:
        outcomes = self._delivery.send(mails)
        try:
            for position, outcome in enumerate(outcomes, start=1):
                yield outcome
                if position < len(mails) and self._should_stop():
                    raise StoppedError
        finally:
            # A sender left in the middle takes back what it had begun to say of the next mail.
            if close_outcomes := getattr(outcomes, "close", None):
                close_outcomes()

    def outcomes_saved(self) -> None:
        self._delivery.outcomes_saved()
