"""Parses received mails: reports, opt-outs and replies. Any bytes are valid input."""

from __future__ import annotations

import hashlib
import re
from email import message_from_bytes
from email.message import Message

from mail.mailbox.bounces import may_be_report, parse_reports
from mail.mailbox.headers import (
    clean_text,
    header_text,
    is_addressed_to,
    is_automatic,
    raw_header,
    replied_message_ids,
    sender_address,
)
from mail.mailbox.report_types import CustomerReply, Finding, ParsedMail, UnsubscribeRequest

MAX_SUBJECT = 200
MAX_KEY = 200
# mail.message.signed_links: version, customer and mail, signature.
TOKEN = re.compile(
    r"(?<![A-Za-z0-9_.-])\d\.[A-Za-z0-9_-]{1,300}\.[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])"
)
REPLY_PREFIX = re.compile(r"^(?:\s*(?:re|fw|fwd|aw|wg|rv|enc|tr)\s*:)+\s*", re.IGNORECASE)
UNSUBSCRIBE = re.compile("unsubscribe", re.IGNORECASE)
UNSUBSCRIBE_SUBJECT = re.compile(
    r"(?:please )?unsubscribe(?: me)?(?:,? please)?[.!]*(?:\s*\d\..*)?", re.IGNORECASE
)


def parse_mail(mail: bytes, *, unsubscribe_address: str | None = None) -> ParsedMail:
    """Returns what `mail` says; never raises. `unsubscribe_address` is used for opt-outs only: any
    mail to it is one.
    """
    try:
        return parse_mail_strict(mail, unsubscribe_address)
    except Exception:  # noqa: BLE001 - one mail that the email package cannot parse must not stop the others
        return ParsedMail(key=content_digest(mail), sender=None, subject="", unreadable=True)


def needs_body(headers: bytes) -> bool:
    """Whether the body must be read too, judging by the `headers`."""
    try:
        return may_be_report(message_from_bytes(headers))
    except Exception:  # noqa: BLE001 - as above; `parse_mail` will say so
        return False


def parse_mail_strict(mail: bytes, unsubscribe_address: str | None) -> ParsedMail:
    """The same as `parse_mail`; raises what the email package raises."""
    message = message_from_bytes(mail)
    automatic = is_automatic(message)
    findings: list[Finding] = [*parse_reports(message, mail)]
    if not findings:
        findings += _personal_findings(message, unsubscribe_address, automatic=automatic)
    return ParsedMail(
        key=_mail_key(message, mail),
        sender=sender_address(message),
        subject=clean_text(header_text(message, "Subject"), MAX_SUBJECT),
        findings=tuple(findings),
        automatic=automatic and not findings,
    )


def _personal_findings(
    message: Message, unsubscribe_address: str | None, *, automatic: bool
) -> list[Finding]:
    if request := _unsubscribe_request(message, unsubscribe_address, automatic=automatic):
        return [request]
    message_ids = replied_message_ids(message)
    return [CustomerReply(message_ids)] if message_ids and not automatic else []


def _unsubscribe_request(
    message: Message, unsubscribe_address: str | None, *, automatic: bool
) -> UnsubscribeRequest | None:
    """With a token it counts even from a program: some mail services opt out for people."""
    subject = header_text(message, "Subject")
    token = _find_token(subject)
    explicit = bool(UNSUBSCRIBE_SUBJECT.fullmatch(REPLY_PREFIX.sub("", subject)))
    addressed = unsubscribe_address is not None and is_addressed_to(message, unsubscribe_address)
    if token is None and (automatic or not (explicit or addressed)):
        return None
    return UnsubscribeRequest(
        token, replied_message_ids(message), sender_address(message), explicit
    )


def _find_token(subject: str) -> str | None:
    """Long subjects are folded, and some mail programs leave a space at the fold."""
    unfolded = UNSUBSCRIBE.sub(" ", re.sub(r"\s", "", subject))
    match = TOKEN.search(subject) or TOKEN.search(unfolded)
    return match[0] if match else None


def _mail_key(message: Message, mail: bytes) -> str:
    """The Message-ID, else a digest of the mail: the same each time it is read."""
    message_id = raw_header(message, "Message-ID")
    if message_id and len(message_id) <= MAX_KEY and message_id.isprintable():
        return message_id
    return content_digest(mail)


def content_digest(mail: bytes) -> str:
    """Returns the SHA-256 of `mail`, as a key."""
    return f"sha256:{hashlib.sha256(mail).hexdigest()}"
