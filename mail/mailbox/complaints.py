"""Parses complaints: a recipient called a mail spam, and their mail service reports it."""

from __future__ import annotations

import re
from email import message_from_string
from email.message import Message

from mail.mailbox.headers import clean_text, header_text, raw_header, sender_address
from mail.mailbox.report_text import decoded_text
from mail.mailbox.report_types import DeliveryReport
from settings.email_address import address_key
from shop.consent.suppressions import EventKind

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
FEEDBACK_FIELD = re.compile(r"^Feedback-Type:[ \t]*([\w-]+)", re.IGNORECASE | re.MULTILINE)
# Outlook.com (Junk Mail Reporting Program) and others attach the mail without a report part.
REPORTERS = re.compile(
    r"^(?:staff|complaints?|feedback\w*|feedback-?loop\w*|fbl\w*|abuse\w*|scomp|jmrp\w*|spam\w*"
    r"|arf\w*|junk\w*|no-?reply|postmaster)$",
    re.IGNORECASE,
)
COMPLAINT_SUBJECT = re.compile(
    r"\bcomplaint about (?:message|e?-?mail)"
    r"|\b(?:spam|abuse|junk|feedback|fbl)[\w ]{0,20} (?:report|complaint|notification)"
    r"|\b(?:report|complaint)s? (?:of|about|for) (?:spam|abuse|junk)",
    re.IGNORECASE,
)
OUTLOOK_SUBJECT = re.compile(r"\s*complaint about message from [\d.:a-f]{3,}\s*$", re.IGNORECASE)
OUTLOOK_RECIPIENT = "X-HmXmrOriginalRecipient"
COPY_TYPES = {"message/rfc822", "text/rfc822-headers", "message/partial"}
MAX_DETAIL = 300


def looks_like_complaint(headers: Message) -> bool:
    """Whether `headers` are those of a mail service that passes on a complaint."""
    subject = header_text(headers, "Subject")
    return bool(
        OUTLOOK_SUBJECT.match(subject)
        or (_is_from_reporter(headers) and COMPLAINT_SUBJECT.search(subject))
    )


def _is_from_reporter(headers: Message) -> bool:
    return bool(REPORTERS.match((sender_address(headers) or "").partition("@")[0]))


def parse_complaint(
    message: Message, parts: list[Message], message_ids: tuple[str, ...]
) -> DeliveryReport | None:
    """Returns the complaint in `message`, with or without a report part; None where it is none."""
    return _feedback_report(parts, message_ids) or _plain_complaint(message, parts, message_ids)


def _feedback_report(parts: list[Message], message_ids: tuple[str, ...]) -> DeliveryReport | None:
    """RFC 5965 §3."""
    report = next((part for part in parts if part.get_content_type() == FEEDBACK_TYPE), None)
    fields = _feedback_fields(report) if report else _untyped_fields(parts)
    if fields is None:
        return None
    feedback_type = raw_header(fields, "Feedback-Type")
    kind = FEEDBACK_KINDS.get(feedback_type.lower(), EventKind.UNKNOWN)
    recipient = raw_header(fields, "Original-Rcpt-To").strip().strip("<>")
    detail = clean_text(f"feedback report: {feedback_type}", MAX_DETAIL)
    return DeliveryReport(kind, message_ids, address_key(clean_text(recipient, 320)) or "", detail)


def _feedback_fields(report: Message) -> Message:
    payload = report.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        return payload[0]
    return message_from_string(decoded_text(report))


def _untyped_fields(parts: list[Message]) -> Message | None:
    """The fields in a text part of a report whose sender mistyped the part."""
    if parts[0].get_param("report-type") != "feedback-report":
        return None
    texts = (decoded_text(part) for part in parts)
    match = next((match for text in texts if (match := FEEDBACK_FIELD.search(text))), None)
    return message_from_string(f"Feedback-Type: {match[1] if match else 'abuse'}\n\n")


def _plain_complaint(
    message: Message, parts: list[Message], message_ids: tuple[str, ...]
) -> DeliveryReport | None:
    has_copy = any(part.get_content_type() in COPY_TYPES for part in parts[1:])
    is_passed_on = _is_from_reporter(message) or any(OUTLOOK_RECIPIENT in part for part in parts)
    if not (message_ids and has_copy and is_passed_on and looks_like_complaint(message)):
        return None
    detail = clean_text(header_text(message, "Subject"), MAX_DETAIL)
    return DeliveryReport(EventKind.COMPLAINED, message_ids, "", detail)
