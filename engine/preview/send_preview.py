"""Sends a preview to the owner, on the way that mail to customers takes.

The configured sender gets a mail with the same headers. It is no message of any customer: nothing
is stored of it, it counts towards no cap, and its unsubscribe link opens the page but opts nobody
out.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlmodel import col

from engine.config.own_addresses import own_addresses
from engine.config.owner_config import OwnerConfig
from engine.delivery.build_mail import Envelope, build_mail, unsubscribe_link
from engine.inbound.unsubscribe import NO_CUSTOMER
from engine.live.freemail import is_freemail
from engine.open.open_shop import OpenShop
from engine.preview.previewed_mail import PreviewedMail
from mail.render.mail_facts import MailFacts
from mail.render.renderer import RenderedMail
from mail.senders.protocol import Accepted
from settings.email_address import normalized_address
from settings.errors import UnavailableError, WrongUsageError
from shop.consent.suppressions import is_suppressed
from shop.db.engine import read_transaction
from shop.db.stops import load_stops
from shop.db.workers import register_lease_owner
from shop.identity.contacts import EMAIL_CHANNEL
from shop.identity.customers import email_key
from shop.tables import Contact, Identity, Suppression

ID_PREFIX = "preview-"
HOW_TO_ALLOW = "Write it under only to:, or run the command in a terminal, where it asks you."


@dataclass(frozen=True)
class SentPreview:
    """A preview that the sender accepted."""

    message_id: str
    rendered: RenderedMail


def is_elsewhere(shop: OpenShop, address: str) -> bool:
    """Whether a mail to `address` would really leave, for somebody outside of the shop.

    The shop's are its own addresses, those of `only to:`, and all of its own domain; that of a
    freemail provider is nobody's own.
    """
    if not shop.sender.reaches_people:
        return False
    own = _own_addresses(shop.config)
    domains = {each.rpartition("@")[2] for each in own_addresses(shop.config)}
    domain = normalized_address(address).rpartition("@")[2]
    return email_key(address) not in own and (domain not in domains or is_freemail(domain))


def send_preview(
    shop: OpenShop,
    mail: PreviewedMail,
    facts: MailFacts,
    address: str,
    *,
    now: datetime,
    is_confirmed: bool = False,
) -> SentPreview:
    """Sends `mail` with `facts` to `address` and nobody else.

    An address outside of the shop gets it only if the owner `is_confirmed` to mean it. Raises
    `WrongUsageError` without that, where all mail is stopped, and for an address of a customer or
    one that gets no mail; `UnavailableError` where the sender does not accept it.
    """
    with read_transaction(shop.engine) as connection:
        _refuse_stopped(connection)
        _refuse_address(connection, shop.config, address)
    if not is_confirmed and is_elsewhere(shop, address):
        raise WrongUsageError(f"{elsewhere_sentence(shop.config, address)} {HOW_TO_ALLOW}")
    message_id = f"{ID_PREFIX}{secrets.token_hex(12)}"
    link = unsubscribe_link(shop, NO_CUSTOMER, message_id, mail.purpose)
    rendered = shop.renderer.render(mail.template, replace(facts, unsubscribe_url=link))
    envelope = Envelope(message_id, address, facts.customer.first_name, link, mail.purpose)
    with (
        register_lease_owner() as lease_owner,
        shop.sender.delivery(lease_owner) as delivery,
    ):
        outcomes = list(delivery.send([build_mail(shop, envelope, rendered, now)]))
        delivery.outcomes_saved()
    if not all(isinstance(outcome, Accepted) for outcome in outcomes):
        reasons = [str(getattr(outcome, "reason", "no answer")) for outcome in outcomes]
        raise UnavailableError(f"{address} did not get it: {'; '.join(reasons) or 'no answer'}")
    return SentPreview(message_id, rendered)


def _refuse_stopped(connection: Connection) -> None:
    stopped = load_stops(connection).get(None)
    if stopped:
        because = f": {stopped[1]}" if stopped[1] else ""
        raise WrongUsageError(f"All mail is held{because}. regulars start lets it go.")


def elsewhere_sentence(config: OwnerConfig, address: str) -> str:
    """Returns what the owner should know before a mail goes to an address outside of the shop."""
    return (
        f"{address} is none of your shop's addresses, such as {config.shop.reply_to}. A mistyped "
        "address would bring a stranger this mail."
    )


def _own_addresses(config: OwnerConfig) -> frozenset[str]:
    only_to = (email_key(each) for each in config.sending.only_to)
    return own_addresses(config) | frozenset(filter(None, only_to))


def _refuse_address(connection: Connection, config: OwnerConfig, address: str) -> None:
    """An address of the shop's own may be a customer's, too: the owner may be one."""
    key, own = email_key(address), _own_addresses(config)
    suppressed = select(func.count()).where(col(Suppression.address) == key, is_suppressed())
    if connection.scalar(suppressed):
        raise WrongUsageError(f"{address} gets no mail: regulars unsuppress {address}")
    customers = (
        select(func.count())
        .select_from(Contact)
        .join(Identity, col(Identity.id) == col(Contact.identity_id))
        .where(col(Contact.channel) == EMAIL_CHANNEL, col(Contact.key) == key)
    )
    if key not in own and connection.scalar(customers):
        raise WrongUsageError(
            f"{address} is the address of a customer. A test goes to an address of your own: "
            f"{config.shop.reply_to}, or one under only to:."
        )
