"""The shop's own addresses, which belong to no customer but an owner who said yes."""

from __future__ import annotations

from engine.config.owner_config import OwnerConfig
from shop.identity.customers import email_key
from shop.identity.placeholder_addresses import is_placeholder


def own_addresses(config: OwnerConfig) -> frozenset[str]:
    """Returns the folded addresses from which the shop writes and at which it reads mail."""
    mailbox = config.sending.mailbox
    addresses = (
        config.shop.reply_to,
        config.sending.from_.address,
        mailbox.address if mailbox else None,
    )
    return frozenset(key for address in addresses if (key := email_key(address)))


def is_customers_address(config: OwnerConfig, address: str | None, *, said_yes: bool) -> bool:
    """Whether `address` can be a customer's: it is neither a placeholder nor the shop's own.

    The shop's own address is typed at the till for guests. With `said_yes`, it is an owner who
    added themselves to see the mails.
    """
    if not address or is_placeholder(address):
        return False
    return said_yes or email_key(address) not in own_addresses(config)
