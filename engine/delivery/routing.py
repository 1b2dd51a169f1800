"""Which sender gets a mail: the configured one, or the rehearsal for those outside `only to`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from engine.messages.held_lease import HeldLease
from engine.messages.leases import BATCH_SIZE, CutOff
from engine.open.open_shop import OpenShop
from mail.message.mime import Mail
from mail.senders.protocol import Delivery
from mail.senders.registry import get_provider
from shop.identity.customers import email_key


@dataclass(frozen=True)
class Route:
    """An open delivery of one sender."""

    shop: OpenShop
    sender_name: str
    delivery: Delivery

    def own_mails(self, mails: Sequence[Mail]) -> list[Mail]:
        """Returns those of the `mails` that go through this sender."""
        return [mail for mail in mails if sender_name_for(self.shop, mail) == self.sender_name]


def leased_mails(routes: Sequence[Route], mails: Sequence[Mail], lease: HeldLease) -> list[CutOff]:
    """Returns the `mails` that go by `routes`, as what the holder of `lease` had not sent."""
    return [
        CutOff(mail.message_id, lease.owner, route.sender_name)
        for route in routes
        for mail in route.own_mails(mails)
    ]


@contextmanager
def open_routes(shop: OpenShop, lease_owner: str) -> Iterator[list[Route]]:
    """Opens the sender, and the rehearsal if `only to` limits the addresses, in the name of
    `lease_owner`.
    """
    senders = [shop.sender]
    if shop.config.sending.only_to and shop.sender.name != shop.rehearsal.name:
        senders.append(shop.rehearsal)
    with ExitStack() as stack:
        yield [
            Route(shop, sender.name, stack.enter_context(sender.delivery(lease_owner)))
            for sender in senders
        ]


def batch_size(shop: OpenShop) -> int:
    """Returns how many mails a delivery of `shop` leases at once: whole requests of its sender."""
    sending = shop.config.sending
    per_request = get_provider(sending.through).mails_per_request(sending.account)
    return per_request * max(1, BATCH_SIZE // per_request)


def sender_name_for(shop: OpenShop, mail: Mail) -> str:
    """Returns the name of the sender that gets the `mail`."""
    only_to = {email_key(address) for address in shop.config.sending.only_to}
    is_reached = not only_to or email_key(mail.to_address) in only_to
    return shop.sender.name if is_reached else shop.rehearsal.name
