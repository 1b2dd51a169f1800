"""Reports about our mails: bounces by the standard and by two habits, and complaints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_string
from email.errors import MessageError
from email.message import Message

from mail.mailbox.headers import answered, ours, plain, raw, text
from mail.mailbox.report_types import CameBack
from mail.message import status_codes
from shop.consent.suppressions import Kind

LONGEST_DETAIL = 300
MOST_RECIPIENTS = 100  # in one report
MOST_PARTS = 100
STATUS = {"message/delivery-status", "message/global-delivery-status"}
FEEDBACK = "message/feedback-report"
# RFC 5965 §7.3, RFC 6650 §3.2. What else there is (not-spam, auth-failure) is no complaint.
COMPLAINTS = {
    "abuse": Kind.COMPLAINED,
    "fraud": Kind.COMPLAINED,
    "miscategorized": Kind.COMPLAINED,
    "other": Kind.COMPLAINED,
    "opt-out": Kind.UNSUBSCRIBED,
    "opt-out-list": Kind.UNSUBSCRIBED,
}
QMAIL = re.compile(r"^Hi\. This is the qmail-send program at ", re.MULTILINE)
QMAILS_FAILURE = re.compile(r"^<([^<>\s]{1,320})>:[ \t]*\n((?:(?!--- ).+\n?)+)", re.MULTILINE)
# Exim and qmail put the mail itself below; what it says is not what the server says.
BELOW = re.compile(r"^-{3,}.{0,40}(?:copy of the message|copy of (?:your|my) message)", re.M)
DELAYED = re.compile(r"delayed|not (?:yet )?been delivered|warning: message", re.IGNORECASE)


def is_worth_opening(head: Message) -> bool:
    """From its headers alone: whether a mail may be a report."""
    return (
        head.get_content_type() == "multipart/report"
        or head.get("X-Failed-Recipients") is not None
        or raw(head, "Return-Path") == "<>"
        or "mailer-daemon" in raw(head, "From").lower()
    )


def reports(message: Message, whole: bytes) -> list[CameBack]:
    """What a report says, recipient by recipient; nothing where it is none."""
    if not is_worth_opening(message):
        return []
    parts = _parts(message)
    ids = _ids(message, parts, whole)
    words = _words(parts)
    found = (
        list(_complaint(parts, ids))
        or list(_by_the_standard(parts, ids))
        or list(_by_exim(message, words, ids))
        or list(_by_qmail(words, ids))
        or list(_by_nobody_we_know(message, ids))
    )
    return found[:MOST_RECIPIENTS]


def _parts(message: Message) -> list[Message]:
    found = []
    for part in message.walk():
        found.append(part)
        if len(found) == MOST_PARTS:
            break
    return found


def _ids(message: Message, parts: list[Message], whole: bytes) -> tuple[str, ...]:
    """Of the mail that is returned; else wherever the report names one."""
    returned = [raw(part, "Message-ID") for part in parts[1:]]
    return ours([*returned, *answered(message), *map(_text, parts), whole.decode("latin-1")])


def _words(parts: list[Message]) -> str:
    """What the server wrote to us, without the mail that it returns."""
    first = next((part for part in parts if part.get_content_type() == "text/plain"), None)
    words = _text(first) if first else ""
    below = BELOW.search(words)
    return words[: below.start()] if below else words


def _text(part: Message) -> str:
    if part.get_content_maintype() not in ("text", "message") or part.is_multipart():
        return ""
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, MessageError):
        return ""
    if not isinstance(content, bytes):
        return ""
    return content.decode("utf-8", "replace").replace("\r\n", "\n")


def _by_the_standard(parts: list[Message], ids: tuple[str, ...]) -> Iterator[CameBack]:
    """RFC 3464 §2: after the fields about the mail, a block of them for each recipient."""
    for part in parts:
        if part.get_content_type() in STATUS:
            for block in _blocks(part):
                if block.get("Final-Recipient") or block.get("Action"):
                    yield _of_recipient(block, ids)


def _blocks(part: Message) -> list[Message]:
    content = part.get_payload()
    if not isinstance(content, list):
        return [message_from_string(block) for block in _text(part).split("\n\n")]
    blocks = [block for block in content if isinstance(block, Message)]
    # RFC 6533 §3: the library takes this kind for a mail, with the recipients as its text.
    if part.get_content_type() != "message/delivery-status" and blocks:
        more = re.split(r"\r?\n\r?\n", str(blocks[0].get_payload()))
        return [blocks[0], *(message_from_string(block) for block in more[:MOST_RECIPIENTS])]
    return blocks


def _of_recipient(block: Message, ids: tuple[str, ...]) -> CameBack:
    recipient = raw(block, "Final-Recipient") or raw(block, "Original-Recipient")
    status, diagnostic = raw(block, "Status"), text(block, "Diagnostic-Code")
    action = raw(block, "Action").partition(" ")[0].lower()
    return CameBack(
        status_codes.kind_of(action, status, diagnostic),
        ids,
        _address(recipient.rpartition(";")[2]),
        plain(diagnostic.removeprefix("smtp;") or status, LONGEST_DETAIL),
    )


def _by_exim(message: Message, words: str, ids: tuple[str, ...]) -> Iterator[CameBack]:
    """Exim names who failed in a header, and tells why below each of them."""
    for one in raw(message, "X-Failed-Recipients").split(",")[:MOST_RECIPIENTS]:
        if recipient := _address(one):
            told = words.partition(one.strip())[2].partition("\n\n")[0]
            kind = status_codes.failure(status_codes.first(told), told)
            yield CameBack(kind, ids, recipient, plain(told, LONGEST_DETAIL))


def _by_qmail(words: str, ids: tuple[str, ...]) -> Iterator[CameBack]:
    """https://cr.yp.to/proto/qsbmf.txt: a paragraph for each recipient; always for good."""
    if QMAIL.search(words):
        for recipient, told in QMAILS_FAILURE.findall(words)[:MOST_RECIPIENTS]:
            kind = status_codes.failure(status_codes.first(told), told)
            yield CameBack(kind, ids, _address(recipient), plain(told, LONGEST_DETAIL))


def _by_nobody_we_know(message: Message, ids: tuple[str, ...]) -> Iterator[CameBack]:
    """A report about our mail that nobody here can read does nothing, but is kept."""
    subject = text(message, "Subject")
    reads = message.get_param("report-type") == "disposition-notification"
    if ids and not reads:
        kind = Kind.DEFERRED if DELAYED.search(subject) else Kind.UNKNOWN
        yield CameBack(kind, ids, "", plain(subject, LONGEST_DETAIL))


def _complaint(parts: list[Message], ids: tuple[str, ...]) -> Iterator[CameBack]:
    """RFC 5965 §3: a reader called the mail spam, and their mail service tells us."""
    report = next((part for part in parts if part.get_content_type() == FEEDBACK), None)
    if report is None:
        return
    fields = _fields(report)
    kind = COMPLAINTS.get(raw(fields, "Feedback-Type").lower(), Kind.UNKNOWN)
    recipient = _address(raw(fields, "Original-Rcpt-To"))
    told = f"feedback report: {raw(fields, 'Feedback-Type')}"
    yield CameBack(kind, ids, recipient, plain(told, LONGEST_DETAIL))


def _fields(report: Message) -> Message:
    content = report.get_payload()
    if isinstance(content, list) and content and isinstance(content[0], Message):
        return content[0]
    return message_from_string(_text(report))


def _address(words: str) -> str:
    return plain(words.strip().strip("<>"), 320).lower()
