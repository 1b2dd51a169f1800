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

from mail.senders.sendgrid.preflight import Letter
from mail.senders.sendgrid.shared_template import Skeleton, Values

OUR_ID = "regulars_mail"
"""Under this name SendGrid's events carry our id. It keeps it for ever, so it says nothing else."""


def encoded(skeleton: Skeleton, people: Sequence[tuple[Letter, Values]]) -> bytes:
    """The body of a request, for as many people as there are."""
    first = people[0][0]
    payload = Payload()
    payload.from_email = _mailbox(first.sender_address, first.mail.sender_name)
    payload.reply_to = _mailbox(first.reply_to, None)
    # RFC 2046 §5.1.4: the plainest part first, and SendGrid refuses any other order.
    payload.add_content(Content(MimeType.text, skeleton.text))
    payload.add_content(Content(MimeType.html, skeleton.html))
    payload.tracking_settings = _untracked()
    if first.group is not None:
        payload.asm = Asm(GroupId(first.group))
    # Not by `add_personalization`: it puts each one before those that are there.
    each = [_person(letter, values).get() for letter, values in people]
    return orjson.dumps({"personalizations": each, **payload.get()})


def _person(letter: Letter, values: Values) -> Personalization:
    """One person, alone: no one in a request learns of another."""
    person = Personalization()
    person.add_to(_mailbox(letter.to_address, letter.to_name))
    person.subject = letter.mail.subject
    for name, value in letter.headers.items():
        person.add_header(Header(name, value))
    person.add_custom_arg(CustomArg(OUR_ID, letter.mail.message_id))
    if values:
        person.add_substitution(dict(values))
    return person


def _mailbox(address: str, name: str | None) -> Email:
    """Set one by one: given an address alone, Email reads it as a whole header."""
    mailbox = Email()
    mailbox.email = address
    mailbox.name = name
    return mailbox


def _untracked() -> TrackingSettings:
    """Else SendGrid writes an unsubscribe link of its own, pixels, and links through itself."""
    off: dict[str, Any] = {"enable": False}
    return TrackingSettings(
        click_tracking=ClickTracking(**off, enable_text=False),
        open_tracking=OpenTracking(**off),
        subscription_tracking=SubscriptionTracking(**off),
    )
