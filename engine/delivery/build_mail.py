"""Builds a mail out of its rendered parts: sender, recipient, unsubscribe link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.open.open_shop import OpenShop
from mail.message.mime import Mail
from mail.message.pictures import shown_pictures
from mail.message.signed_links import unsubscribe_mailto, unsubscribe_token, unsubscribe_url
from mail.render.renderer import RenderedMail
from shop.types.purpose import Purpose


@dataclass(frozen=True)
class Envelope:
    """What a mail says besides its content."""

    message_id: str
    to_address: str
    to_name: str | None
    unsubscribe_url: str
    purpose: Purpose


def build_mail(shop: OpenShop, envelope: Envelope, rendered: RenderedMail, now: datetime) -> Mail:
    """Returns the mail of `shop` with the content `rendered`, dated `now`."""
    config = shop.config
    sender = config.sending.from_
    return Mail(
        message_id=envelope.message_id,
        sender_name=sender.name or config.shop.name,
        sender_address=sender.address,
        to_address=envelope.to_address,
        to_name=envelope.to_name,
        reply_to=config.shop.reply_to,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        unsubscribe_url=envelope.unsubscribe_url,
        date=now,
        purpose=envelope.purpose.value,
        pictures=shown_pictures(shop.appearance, rendered.html),
    )


def unsubscribe_link(shop: OpenShop, customer_id: int, message_id: str, purpose: Purpose) -> str:
    """Returns a page or a mailto link; its token identifies the customer, not the address they use.

    A service mail never uses the provider's own unsubscribe link: it would not reach customers
    who left that list.
    """
    public_address, sending = shop.config.shop.public_address, shop.config.sending
    placeholder = sending.unsubscribe_placeholder
    if placeholder and purpose is Purpose.MARKETING:
        return placeholder
    token = unsubscribe_token(shop.secret, customer_id, message_id)
    if public_address and sending.unsubscribe_by != "mailbox":
        return unsubscribe_url(public_address, token)
    mailbox_address = sending.mailbox.address if sending.mailbox else None
    return unsubscribe_mailto(mailbox_address or shop.config.shop.reply_to, token)
