"""Builds the JSON of a request to SendGrid, with the types of its own package.

Never use `Mail(to_emails=[…])`: it shows the recipients to each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sendgrid.helpers.mail import (
    Asm,
    Attachment,
    ClickTracking,
    Content,
    ContentId,
    CustomArg,
    Disposition,
    Email,
    FileContent,
    FileName,
    FileType,
    GroupId,
    Header,
    MimeType,
    OpenTracking,
    Personalization,
    SubscriptionTracking,
    TrackingSettings,
)
from sendgrid.helpers.mail import Mail as Payload

from mail.message.pictures import MailPicture
from mail.senders.sendgrid.preflight import PreparedMail
from mail.senders.sendgrid.shared_template import Skeleton, Substitutions

MESSAGE_ID_ARG = "regulars_mail"
"""Under this name SendGrid's events carry our id. It keeps it for ever, so it says nothing else."""


def encode_request(
    skeleton: Skeleton, recipients: Sequence[tuple[PreparedMail, Substitutions]]
) -> bytes:
    """Returns the JSON for a `skeleton` and the substitutions of each of the `recipients`."""
    first = recipients[0][0]
    payload = Payload()
    payload.from_email = _mailbox(first.sender_address, first.mail.sender_name)
    payload.reply_to = _mailbox(first.reply_to, None)
    # RFC 2046 §5.1.4: the plainest part first; SendGrid rejects any other order.
    payload.add_content(Content(MimeType.text, skeleton.text))
    payload.add_content(Content(MimeType.html, skeleton.html))
    for picture in first.mail.pictures:
        if picture.is_attached:
            payload.add_attachment(_inline(picture))
    payload.tracking_settings = _tracking_disabled()
    if first.group is not None:
        payload.asm = Asm(GroupId(first.group))
    # Not `add_personalization`, which inserts at the front.
    personalizations = [_personalization(prepared, values).get() for prepared, values in recipients]
    return orjson.dumps({"personalizations": personalizations, **payload.get()})


def _inline(picture: MailPicture) -> Attachment:
    """One for all mails of the request: those that share one show the same pictures."""
    return Attachment(
        FileContent(picture.base64),
        FileName(picture.file_name),
        FileType(picture.media_type),
        Disposition("inline"),
        ContentId(picture.content_id),
    )


def _personalization(prepared: PreparedMail, values: Substitutions) -> Personalization:
    """One recipient in a personalization of their own."""
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
    """Sets the fields one by one: Email's constructor parses an address as a whole header."""
    mailbox = Email()
    mailbox.email = address
    mailbox.name = name
    return mailbox


def _tracking_disabled() -> TrackingSettings:
    """Without this, SendGrid adds an unsubscribe link, a pixel, and redirecting links."""
    off: dict[str, Any] = {"enable": False}
    return TrackingSettings(
        click_tracking=ClickTracking(**off, enable_text=False),
        open_tracking=OpenTracking(**off),
        subscription_tracking=SubscriptionTracking(**off),
    )
