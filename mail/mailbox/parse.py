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
    is_personal,
    raw_header,
    replied_message_ids,
    sender_address,
)
from mail.mailbox.opt_out_wish import OptOutWish, find_wish
from mail.mailbox.own_text import own_text
from mail.mailbox.report_types import (
    CustomerReply,
    Finding,
    ParsedMail,
    PossibleOptOut,
    UnsubscribeRequest,
)

MAX_SUBJECT = 200
MAX_KEY = 200
# mail.message.signed_links: version, customer and mail, signature.
TOKEN = re.compile(
    r"(?<![A-Za-z0-9_.-])\d\.[A-Za-z0-9_-]{1,300}\.[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])"
)
REPLY_PREFIX = re.compile(r"^(?:\s*(?:re|fw|fwd|aw|wg|rv|enc|tr)\s*:)+\s*", re.IGNORECASE)
UNSUBSCRIBE = re.compile("unsubscribe", re.IGNORECASE)
TOKEN_IN_SUBJECT = re.compile(r"\b\d\.[A-Za-z0-9_-]+\..*")  # also one that is not valid
MAX_CERTAIN_CHARS = 1_500  # a longer text tells a story: a person has to read it


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


def needs_text(headers: bytes) -> bool:
    """Whether the words of the mail must be read, judging by the `headers`: a person wrote it."""
    try:
        return is_personal(message_from_bytes(headers))
    except Exception:  # noqa: BLE001 - as above
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
    """With a token an opt-out counts even from a program: mail services send them for people."""
    token = _find_token(header_text(message, "Subject"))
    message_ids, sender = replied_message_ids(message), sender_address(message)
    wish = OptOutWish.NONE if automatic else _wish(message, is_reply=bool(message_ids))
    explicit = wish is OptOutWish.CERTAIN
    addressed = unsubscribe_address is not None and is_addressed_to(message, unsubscribe_address)
    if token or explicit or (addressed and not automatic):
        return [UnsubscribeRequest(token, message_ids, sender, explicit)]
    findings: list[Finding] = []
    if message_ids and not automatic:
        findings.append(CustomerReply(message_ids))
    if wish is OptOutWish.UNSURE:
        findings.append(PossibleOptOut(message_ids, sender))
    return findings


def _wish(message: Message, *, is_reply: bool) -> OptOutWish:
    """What subject and text say about further mail; the subject of a reply is usually ours."""
    subject = REPLY_PREFIX.sub("", header_text(message, "Subject"))
    by_subject = find_wish(TOKEN_IN_SUBJECT.sub("", subject))
    if is_reply and by_subject is OptOutWish.UNSURE:
        by_subject = OptOutWish.NONE
    text = own_text(message) if is_personal(message) else ""
    by_text = find_wish(text)
    if len(text) > MAX_CERTAIN_CHARS:
        by_text = min(by_text, OptOutWish.UNSURE)
    return max(by_subject, by_text)


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
