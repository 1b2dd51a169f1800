"""One request to SendGrid as it goes over the wire.

The types are SendGrid's own. Never `Mail(to_emails=[…])`: it shows its recipients to each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sendgrid.helpers.mail import (
    Asm,
    ClickTracking,
    Content,
    CustomArg,
    Email,
    GroupId,
    Header,
    MimeType,
    OpenTracking,
    Personalization,
    SubscriptionTracking,
    TrackingSettings,
)
from sendgrid.helpers.mail import Mail as Payload

from mail.senders.sendgrid.preflight import PreparedMail
from mail.senders.sendgrid.shared_template import Skeleton, Substitutions

MESSAGE_ID_ARG = "regulars_mail"
"""Under this name SendGrid's events carry our id. It keeps it for ever, so it says nothing else."""


def encode_request(
    skeleton: Skeleton, recipients: Sequence[tuple[PreparedMail, Substitutions]]
) -> bytes:
    """The body of a request, for as many people as there are."""
    first = recipients[0][0]
    payload = Payload()
    payload.from_email = _mailbox(first.sender_address, first.mail.sender_name)
    payload.reply_to = _mailbox(first.reply_to, None)
    # RFC 2046 §5.1.4: the plainest part first, and SendGrid refuses any other order.
    payload.add_content(Content(MimeType.text, skeleton.text))
    payload.add_content(Content(MimeType.html, skeleton.html))
    payload.tracking_settings = _tracking_disabled()
    if first.group is not None:
        payload.asm = Asm(GroupId(first.group))
    # Not by `add_personalization`: it puts each one before those that are there.
    personalizations = [_personalization(prepared, values).get() for prepared, values in recipients]
    return orjson.dumps({"personalizations": personalizations, **payload.get()})


def _personalization(prepared: PreparedMail, values: Substitutions) -> Personalization:
    """One person, alone: no one in a request learns of another."""
    personalization = Personalization()
    personalization.add_to(_mailbox(prepared.to_address, prepared.to_name))
    personalization.subject = prepared.mail.subject
    for name, value in prepared.headers.items():
        personalization.add_header(Header(name, value))
    personalization.add_custom_arg(CustomArg(MESSAGE_ID_ARG, prepared.mail.message_id))
    if values:
        personalization.add_substitution(dict(values))
    return personalization


def _mailbox(address: str, name: str | None) -> Email:
    """Set one by one: given an address alone, Email reads it as a whole header."""
    mailbox = Email()
    mailbox.email = address
    mailbox.name = name
    return mailbox


def _tracking_disabled() -> TrackingSettings:
    """Else SendGrid writes an unsubscribe link of its own, pixels, and links through itself."""
    off: dict[str, Any] = {"enable": False}
    return TrackingSettings(
        click_tracking=ClickTracking(**off, enable_text=False),
        open_tracking=OpenTracking(**off),
        subscription_tracking=SubscriptionTracking(**off),
    )
