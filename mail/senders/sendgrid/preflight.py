"""What is looked at before a mail goes: all that SendGrid or RFC 5322 would refuse, in one place.

SendGrid refuses a whole request for one bad mail, and some things only after it has said yes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sendgrid.helpers.mail import Content, MimeType
from sendgrid.helpers.mail.exceptions import ApiKeyIncludedException

from mail.message.headers import link_header, plain_address, refuse_controls
from mail.message.mime import MESSAGE_ID, BadMail, Mail
from mail.senders.sendgrid.unsubscribe_tag import is_theirs, with_their_link

LARGEST_REQUEST = 30_000_000
# Beside the two bodies there are addresses, headers and JSON's own signs.
LARGEST_MAIL = 20_000_000
LONGEST_NAME = 200
# https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors: not in `to.name`.
NOT_IN_A_NAME = frozenset(",;")
# OpenAPI of mail/send, `headers`: these cannot be overridden.
RESERVED = frozenset(
    ("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type",
     "content-transfer-encoding", "to", "from", "subject", "reply-to", "cc", "bcc")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that may go, with what stands on its envelope."""

    mail: Mail
    sender_address: str
    reply_to: str
    to_address: str
    to_name: str | None
    headers: Mapping[str, str]
    group: int | None = None  # whose link to unsubscribe SendGrid writes into it


def looked_at(mail: Mail, group: int | None = None) -> Letter:
    """The letter of a mail; `BadMail`, with a sentence, where it must not go."""
    if not MESSAGE_ID.fullmatch(mail.message_id):
        raise BadMail(f"{mail.message_id!r} cannot be a message's id.")
    _check_words("subject", mail.subject)
    refuse_controls("subject", mail.subject)
    refuse_controls("sender's name", mail.sender_name)
    theirs = is_theirs(mail)
    whole = with_their_link(mail, group) if theirs else mail
    _check_bodies(whole)
    return Letter(
        mail=whole,
        sender_address=plain_address(mail.sender_address),
        reply_to=plain_address(mail.reply_to),
        to_address=plain_address(mail.to_address),
        to_name=_name(mail.to_name or ""),
        headers=checked_headers(_headers(mail)),
        group=group if theirs else None,
    )


def checked_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in headers.items():
        if name.casefold() in RESERVED:
            raise BadMail(f"SendGrid writes the header {name} itself.")
        refuse_controls(name, value)
    return headers


def _headers(mail: Mail) -> dict[str, str]:
    # RFC 3834 §5.2 and Exchange's own, as in mail.message.mime: an out-of-office note is no answer.
    always = {
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    # With a group of its own SendGrid writes the header; two of them would be none.
    if mail.purpose == "service" or is_theirs(mail):
        return always
    if not mail.unsubscribe_url:
        raise BadMail("A marketing mail needs its unsubscribe link.")
    link_header("List-Unsubscribe", mail.unsubscribe_url)  # it refuses what is no link
    link = {"List-Unsubscribe": f"<{mail.unsubscribe_url}>"}
    if mail.unsubscribe_url.startswith("mailto:"):
        return link | always
    # RFC 8058 §3.1: one click, without a page in between; a mailto link cannot promise that.
    return link | {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} | always


def _name(name: str) -> str | None:
    """A mail without a name arrives; one with a name that SendGrid refuses does not."""
    refuse_controls("name", name)
    fits = len(name) <= LONGEST_NAME and not NOT_IN_A_NAME & set(name)
    return name if fits and name.strip() else None


def _check_bodies(mail: Mail) -> None:
    for kind, body in ((MimeType.text, mail.text), (MimeType.html, mail.html)):
        part = "text" if kind is MimeType.text else "HTML"
        _check_words(part, body)
        try:
            Content(kind, body)
        except ApiKeyIncludedException:
            raise BadMail(f"The mail's {part} begins with a key of SendGrid.") from None
    if len(mail.text.encode()) + len(mail.html.encode()) > LARGEST_MAIL:
        raise BadMail("The mail is larger than SendGrid takes.")


def _check_words(part: str, words: str) -> None:
    if not words.strip():
        raise BadMail(f"The mail's {part} is empty.")
    if "\0" in words:
        raise BadMail(f"The mail's {part} holds a NUL character.")
    if not words.isascii():
        try:
            words.encode()
        except UnicodeEncodeError:
            raise BadMail(f"The mail's {part} holds half a character (a lone surrogate).") from None
