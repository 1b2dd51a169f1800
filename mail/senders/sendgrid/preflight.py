"""Checks a mail before it is sent: everything that SendGrid or RFC 5322 would reject.

SendGrid rejects a whole request for one invalid mail, and some mails only after accepting them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sendgrid.helpers.mail import Content, MimeType
from sendgrid.helpers.mail.exceptions import ApiKeyIncludedException

from mail.message.headers import ascii_address, link_header, reject_control_characters
from mail.message.mime import MESSAGE_ID, InvalidMailError, Mail
from mail.senders.sendgrid.unsubscribe_tag import insert_group_link, uses_group_link

MAX_REQUEST_BYTES = 30_000_000
# The two bodies; addresses, headers and JSON escapes need the rest.
MAX_MAIL_BYTES = 20_000_000
MAX_NAME = 200
# https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors: not in `to.name`.
FORBIDDEN_IN_NAME = frozenset(",;")
# OpenAPI of mail/send, `headers`: these must not be set.
RESERVED_HEADERS = frozenset(
    ("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type",
     "content-transfer-encoding", "to", "from", "subject", "reply-to", "cc", "bcc")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PreparedMail:
    """A checked mail, with its addresses and headers."""

    mail: Mail
    sender_address: str
    reply_to: str
    to_address: str
    to_name: str | None
    headers: Mapping[str, str]
    group: int | None = None  # whose unsubscribe link SendGrid inserts


def preflight_mail(mail: Mail, group: int | None = None) -> PreparedMail:
    """Returns `mail` ready for a request; raises InvalidMailError.

    `group` is the account's unsubscribe group, for mails with SendGrid's own link.
    """
    if not MESSAGE_ID.fullmatch(mail.message_id):
        raise InvalidMailError(f"{mail.message_id!r} cannot be a message's id.")
    _check_text("subject", mail.subject)
    reject_control_characters("subject", mail.subject)
    reject_control_characters("sender's name", mail.sender_name)
    has_group_link = uses_group_link(mail)
    checked = insert_group_link(mail, group) if has_group_link else mail
    _check_bodies(checked)
    return PreparedMail(
        mail=checked,
        sender_address=ascii_address(mail.sender_address),
        reply_to=ascii_address(mail.reply_to),
        to_address=ascii_address(mail.to_address),
        to_name=_accepted_name(mail.to_name or ""),
        headers=check_headers(_headers(mail)),
        group=group if has_group_link else None,
    )


def check_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Returns `headers`; raises InvalidMailError for reserved names and header injection."""
    for name, value in headers.items():
        if name.casefold() in RESERVED_HEADERS:
            raise InvalidMailError(f"SendGrid writes the header {name} itself.")
        reject_control_characters(name, value)
    return headers


def _headers(mail: Mail) -> dict[str, str]:
    # RFC 3834 §5.2 and Exchange's own, as in mail.message.mime: suppresses out-of-office replies.
    always = {
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    # With a group SendGrid adds this header; two of them would be invalid.
    if mail.purpose == "service" or uses_group_link(mail):
        return always
    if not mail.unsubscribe_url:
        raise InvalidMailError("A marketing mail needs its unsubscribe link.")
    link_header("List-Unsubscribe", mail.unsubscribe_url)  # validates the link
    link = {"List-Unsubscribe": f"<{mail.unsubscribe_url}>"}
    if mail.unsubscribe_url.startswith("mailto:"):
        return link | always
    # RFC 8058 §3.1: one-click needs an HTTPS link.
    return link | {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} | always


def _accepted_name(name: str) -> str | None:
    """A name that SendGrid rejects is left out: the mail still arrives."""
    reject_control_characters("name", name)
    fits = len(name) <= MAX_NAME and not FORBIDDEN_IN_NAME & set(name)
    return name if fits and name.strip() else None


def _check_bodies(mail: Mail) -> None:
    for kind, body in ((MimeType.text, mail.text), (MimeType.html, mail.html)):
        part = "text" if kind is MimeType.text else "HTML"
        _check_text(part, body)
        try:
            Content(kind, body)
        except ApiKeyIncludedException:
            raise InvalidMailError(f"The mail's {part} begins with a key of SendGrid.") from None
    if len(mail.text.encode()) + len(mail.html.encode()) > MAX_MAIL_BYTES:
        raise InvalidMailError("The mail is larger than SendGrid takes.")


def _check_text(part: str, text: str) -> None:
    if not text.strip():
        raise InvalidMailError(f"The mail's {part} is empty.")
    if "\0" in text:
        raise InvalidMailError(f"The mail's {part} holds a NUL character.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise InvalidMailError(
                f"The mail's {part} holds half a character (a lone surrogate)."
            ) from None
