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
from engine.tick_context import Turn
from mail.message.mime import Mail
from mail.senders.protocol import Delivery, Outcome, Recalled, Sender
from settings.errors import OutOfReach

Asked = Callable[[], bool]


def nobody_asks() -> bool:
    return False


asked_to_end: ContextVar[Asked] = ContextVar("asked_to_end", default=nobody_asks)


class Ended(OutOfReach):
    """Stopped between two mails; the others go with the next run."""


def deliver_until(
    shop: OpenShop, turn: Turn, progress: Progress | None, asked: Asked = nobody_asks
) -> None:
    """Deliver; asked to end, after the mail at hand."""

    def delivered(many: int) -> None:
        if progress:
            progress(many)
        if asked():
            raise Ended

    # First, for somebody looks into their mailbox at this moment. But whoever signs up is a
    # stranger: no address that they type may keep back the mail of all the others.
    failure = _confirming(shop, asked)
    with suppress(Ended):
        if not asked():
            deliver(replace(shop, sender=Leaving(shop.sender, asked)), turn, delivered)
    if failure:
        raise failure


def _confirming(shop: OpenShop, asked: Asked) -> Exception | None:
    try:
        confirm_until(shop, asked)
    except Exception as error:  # noqa: BLE001  # of whatever kind: it is raised when the mail is out
        return error
    return None


def confirm_until(shop: OpenShop, asked: Asked = nobody_asks) -> None:
    """Write to whoever signed up; asked to end, after the mail at hand."""
    with suppress(Ended):
        if not asked():
            leaving = replace(shop, sender=Leaving(shop.sender, asked))
            send_confirmations(leaving, now=datetime.now(UTC))


class Leaving:
    """A sender that is out of reach as soon as it is asked to end: that the work knows about."""

    def __init__(self, sender: Sender, asked: Asked) -> None:
        self._sender, self._asked = sender, asked
        self.name, self.reaches_people = sender.name, sender.reaches_people

    @contextmanager
    def delivery(self, holder: str) -> Iterator[Delivery]:
        with self._sender.delivery(holder) as delivery:
            yield LeavingDelivery(delivery, self._asked)

    def recall(self, cut_off: Mapping[str, str]) -> Recalled:
        return self._sender.recall(cut_off)


class LeavingDelivery:
    """Goes on to the next mail only where nobody has asked it to end."""

    def __init__(self, delivery: Delivery, asked: Asked) -> None:
        self._delivery, self._asked = delivery, asked

    def send(self, mails: Sequence[Mail]) -> Iterator[Outcome]:
        outcomes = self._delivery.send(mails)
        try:
            for told, outcome in enumerate(outcomes, start=1):
                yield outcome
                if told < len(mails) and self._asked():
                    raise Ended
        finally:
            # A sender left in the middle takes back what it had begun to say of the next mail.
            if close := getattr(outcomes, "close", None):
                close()

    def settled(self) -> None:
        self._delivery.settled()
