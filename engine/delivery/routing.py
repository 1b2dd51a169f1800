"""The way out of each mail: to its customer, or into the folder of rehearsals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from engine.open.open_shop import OpenShop
from mail.message.mime import Mail
from mail.senders.protocol import Delivery
from shop.identity.customers import email_key


@dataclass(frozen=True)
class Way:
    """A delivery under way, and which mails of a batch are its own."""

    shop: OpenShop
    name: str
    delivery: Delivery

    def of(self, mails: Sequence[Mail]) -> list[Mail]:
        return [mail for mail in mails if name_of_way(self.shop, mail) == self.name]


@contextmanager
def ways_out(shop: OpenShop, holder: str) -> Iterator[list[Way]]:
    """The sender; and beside it the rehearsal, where not everybody is to be reached."""
    senders = [shop.sender]
    if shop.file.sending.only_to and shop.sender.name != shop.rehearsal.name:
        senders.append(shop.rehearsal)
    with ExitStack() as opened:
        yield [Way(shop, one.name, opened.enter_context(one.delivery(holder))) for one in senders]


def name_of_way(shop: OpenShop, mail: Mail) -> str:
    """The sender that is to have it."""
    only = {email_key(address) for address in shop.file.sending.only_to}
    reached = not only or email_key(mail.to_address) in only
    return shop.sender.name if reached else shop.rehearsal.name
