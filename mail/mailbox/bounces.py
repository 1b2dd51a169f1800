"""Parses bounces (RFC 3464, Exim, qmail) and complaints (RFC 5965)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_string
from email.errors import MessageError
from email.message import Message

from mail.mailbox.headers import (
    clean_text,
    header_text,
    our_message_ids,
    raw_header,
    replied_message_ids,
)
from mail.mailbox.report_types import DeliveryReport
from mail.message import status_codes
from settings.email_address import address_key
from shop.consent.suppressions import EventKind

MAX_DETAIL = 300
MAX_RECIPIENTS = 100  # in one report
MAX_PARTS = 100
DSN_TYPES = {"message/delivery-status", "message/global-delivery-status"}
FEEDBACK_TYPE = "message/feedback-report"
# RFC 5965 §7.3, RFC 6650 §3.2. Other types (not-spam, auth-failure) are no complaints.
FEEDBACK_KINDS = {
    "abuse": EventKind.COMPLAINED,
    "fraud": EventKind.COMPLAINED,
    "miscategorized": EventKind.COMPLAINED,
    "other": EventKind.COMPLAINED,
    "opt-out": EventKind.UNSUBSCRIBED,
    "opt-out-list": EventKind.UNSUBSCRIBED,
}
QMAIL_INTRO = re.compile(r"^Hi\. This is the qmail-send program at ", re.MULTILINE)
QMAIL_FAILURE = re.compile(r"^<([^<>\s]{1,320})>:[ \t]*\n((?:(?!--- ).+\n?)+)", re.MULTILINE)
# Exim and qmail append the returned mail: its text is not the server's.
RETURNED_COPY = re.compile(
    r"^-{3,}.{0,40}(?:copy of the message|copy of (?:your|my) message)", re.M
)
DELAY_SUBJECT = re.compile(r"delayed|not (?:yet )?been delivered|warning: message", re.IGNORECASE)


def may_be_report(headers: Message) -> bool:
    """Whether a mail may be a report, judging by its `headers` alone."""
    return (
        headers.get_content_type() == "multipart/report"
        or headers.get("X-Failed-Recipients") is not None
        or raw_header(headers, "Return-Path") == "<>"
        or "mailer-daemon" in raw_header(headers, "From").lower()
    )


def parse_reports(message: Message, content: bytes) -> list[DeliveryReport]:
    """Returns one report for each recipient in `message`; empty where it is no report.

    `content` is the same mail as bytes: a last resort to find our Message-ID in.
    """
    if not may_be_report(message):
        return []
    parts = _parts(message)
    message_ids = _reported_ids(message, parts, content)
    server_text = _server_text(parts)
    reports = (
        list(_feedback_reports(parts, message_ids))
        or list(_dsn_reports(parts, message_ids))
        or list(_exim_reports(message, server_text, message_ids))
        or list(_qmail_reports(server_text, message_ids))
        or list(_unrecognised_reports(message, message_ids))
    )
    return reports[:MAX_RECIPIENTS]


def _parts(message: Message) -> list[Message]:
    parts = []
    for part in message.walk():
        parts.append(part)
        if len(parts) == MAX_PARTS:
            break
    return parts


def _reported_ids(message: Message, parts: list[Message], content: bytes) -> tuple[str, ...]:
    """Our message ids in the returned mail, else anywhere in the report."""
    part_ids = [raw_header(part, "Message-ID") for part in parts[1:]]
    return our_message_ids(
        [
            *part_ids,
            *replied_message_ids(message),
            *map(_decoded_text, parts),
            content.decode("latin-1"),
        ]
    )


def _server_text(parts: list[Message]) -> str:
    """The mail server's explanation, without the returned mail below it."""
    first_text = next((part for part in parts if part.get_content_type() == "text/plain"), None)
    text = _decoded_text(first_text) if first_text else ""
    copy = RETURNED_COPY.search(text)
    return text[: copy.start()] if copy else text


def _decoded_text(part: Message) -> str:
    if part.get_content_maintype() not in ("text", "message") or part.is_multipart():
        return ""
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, MessageError):
        return ""
    if not isinstance(payload, bytes):
        return ""
    return payload.decode("utf-8", "replace").replace("\r\n", "\n")


def _dsn_reports(parts: list[Message], message_ids: tuple[str, ...]) -> Iterator[DeliveryReport]:
    """RFC 3464 §2: a block of fields for each recipient."""
    for part in parts:
        if part.get_content_type() in DSN_TYPES:
            for block in _recipient_blocks(part):
                if block.get("Final-Recipient") or block.get("Action"):
                    yield _dsn_report(block, message_ids)


def _recipient_blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    if not isinstance(payload, list):
        return [message_from_string(block) for block in _decoded_text(part).split("\n\n")]
    blocks = [block for block in payload if isinstance(block, Message)]
    # RFC 6533 §3: the email package parses this type as a mail with the recipients as its text.
    if part.get_content_type() != "message/delivery-status" and blocks:
        sections = re.split(r"\r?\n\r?\n", str(blocks[0].get_payload()))
        return [blocks[0], *(message_from_string(block) for block in sections[:MAX_RECIPIENTS])]
    return blocks


def _dsn_report(block: Message, message_ids: tuple[str, ...]) -> DeliveryReport:
    recipient = raw_header(block, "Final-Recipient") or raw_header(block, "Original-Recipient")
    status, diagnostic = raw_header(block, "Status"), header_text(block, "Diagnostic-Code")
    action = raw_header(block, "Action").partition(" ")[0].lower()
    return DeliveryReport(
        status_codes.report_kind(action, status, diagnostic),
        message_ids,
        _clean_address(recipient.rpartition(";")[2]),
        clean_text(diagnostic.removeprefix("smtp;") or status, MAX_DETAIL),
    )


def _exim_reports(
    message: Message, server_text: str, message_ids: tuple[str, ...]
) -> Iterator[DeliveryReport]:
    """Exim names the failed addresses in a header, and explains each in the text."""
    for address in raw_header(message, "X-Failed-Recipients").split(",")[:MAX_RECIPIENTS]:
        if recipient := _clean_address(address):
            explanation = server_text.partition(address.strip())[2].partition("\n\n")[0]
            kind = status_codes.failure_kind(
                status_codes.first_status_code(explanation), explanation
            )
            yield DeliveryReport(kind, message_ids, recipient, clean_text(explanation, MAX_DETAIL))


def _qmail_reports(server_text: str, message_ids: tuple[str, ...]) -> Iterator[DeliveryReport]:
    """https://cr.yp.to/proto/qsbmf.txt: a paragraph for each recipient; failures are permanent."""
    if QMAIL_INTRO.search(server_text):
        for recipient, explanation in QMAIL_FAILURE.findall(server_text)[:MAX_RECIPIENTS]:
            kind = status_codes.failure_kind(
                status_codes.first_status_code(explanation), explanation
            )
            yield DeliveryReport(
                kind, message_ids, _clean_address(recipient), clean_text(explanation, MAX_DETAIL)
            )


def _unrecognised_reports(
    message: Message, message_ids: tuple[str, ...]
) -> Iterator[DeliveryReport]:
    """A report about our mail in an unknown format: stored without consequences."""
    subject = header_text(message, "Subject")
    is_read_receipt = message.get_param("report-type") == "disposition-notification"
    if message_ids and not is_read_receipt:
        kind = EventKind.DEFERRED if DELAY_SUBJECT.search(subject) else EventKind.UNKNOWN
        yield DeliveryReport(kind, message_ids, "", clean_text(subject, MAX_DETAIL))


def _feedback_reports(
    parts: list[Message], message_ids: tuple[str, ...]
) -> Iterator[DeliveryReport]:
    """RFC 5965 §3: a recipient called the mail spam, and their mail service reports it."""
    report = next((part for part in parts if part.get_content_type() == FEEDBACK_TYPE), None)
    if report is None:
        return
    fields = _feedback_fields(report)
    kind = FEEDBACK_KINDS.get(raw_header(fields, "Feedback-Type").lower(), EventKind.UNKNOWN)
    recipient = _clean_address(raw_header(fields, "Original-Rcpt-To"))
    detail = f"feedback report: {raw_header(fields, 'Feedback-Type')}"
    yield DeliveryReport(kind, message_ids, recipient, clean_text(detail, MAX_DETAIL))


def _feedback_fields(report: Message) -> Message:
    payload = report.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        return payload[0]
    return message_from_string(_decoded_text(report))


def _clean_address(text: str) -> str:
    return address_key(clean_text(text.strip().strip("<>"), 320)) or ""
