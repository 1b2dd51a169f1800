"""Parses bounces: RFC 3464 reports, and the texts of servers that write none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_string
from email.message import Message
from functools import lru_cache

from mail.failures.classify import Failure, classify_failure
from mail.mailbox.complaints import looks_like_complaint, parse_complaint
from mail.mailbox.headers import (
    clean_text,
    header_text,
    is_vacation_reply,
    our_message_ids,
    raw_header,
    replied_message_ids,
)
from mail.mailbox.report_text import decoded_text, server_answers, server_text
from mail.mailbox.report_types import DeliveryReport
from settings.email_address import address_key
from shop.consent.failure_reasons import FailureReason
from shop.consent.suppressions import EventKind

MAX_DETAIL = 300
MAX_RECIPIENTS = 100  # in one report
MAX_PARTS = 100
DSN_TYPES = {"message/delivery-status", "message/global-delivery-status"}
ACTION_KINDS = {
    "delayed": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    # RFC 3464 §2.3.3: no further reports follow.
    "relayed": EventKind.ACCEPTED,
    "expanded": EventKind.ACCEPTED,
}
# https://cr.yp.to/proto/qsbmf.txt, and many that write like qmail: a paragraph for each recipient.
RECIPIENT_PARAGRAPH = re.compile(
    r"^<([^<>\s]{1,320}@[^<>\s]+)>:[ \t]*\n?((?:.*\S.*\n?)+)", re.MULTILINE
)
CLASS_KINDS = {"2": EventKind.DELIVERED, "4": EventKind.DEFERRED}
MAIL_SERVERS = re.compile(
    r"mailer[-_ ]?daemon|mail[-_ ]?daemon|mdaemon|post[-_]?master|mail delivery"
    r"|delivery (?:sub)?system|(?:mail|system) administrator|bounce"
    r"|mail ?(?:system|router|gateway)",
    re.IGNORECASE,
)
FAILURE_SUBJECT = re.compile(
    r"undeliver|non[- ]?deliver|not deliver|unable to deliver|failure|bounced?\b|rejected|ndn:"
    r"|could not (?:be )?(?:sen[dt]|deliver)|fail\w* (?:\w+ )?(?:deliver|notice|mail)"
    r"|deliver\w* (?:\w+ )?(?:fail|error|problem|status|notif|report|has failed)"
    r"|return(?:ed|ing) (?:mail|message|to sender|e-?mail)|mail (?:system )?error"
    r"|message (?:rejected|blocked|not)|user unknown|address (?:error|not found)|no such user"
    r"|error (?:in |while )?sending|non recapitabile|onbestelbaar|niet bezorgd|no entregad"
    r"|配信(?:でき|に失敗)|不達|退信|无法投递|未送達"
    r"|unzustellbar|nicht zu(?:ge)?stell|non remis|échec|non recens|inconnu|mancat"
    r"|no se (?:ha )?(?:podido|pudo) entregar|n[aã]o (?:foi )?entreg",
    re.IGNORECASE,
)
REPLY_SUBJECT = re.compile(r"\s*(?:re|aw|sv|antw|rép|res|rif|odp)\s*(?:\[\d+\])?:", re.IGNORECASE)
DELAY_SUBJECT = re.compile(
    r"delay|not (?:yet )?been delivered|warning: (?:message|could not)|verzöger|being retried",
    re.IGNORECASE,
)


def may_be_report(headers: Message) -> bool:
    """Whether a mail may be a report, judging by its `headers` alone."""
    return (
        headers.get_content_type() == "multipart/report"
        or headers.get("X-Failed-Recipients") is not None
        or raw_header(headers, "Return-Path") == "<>"
        or _is_from_mail_server(headers)
        or _has_failure_subject(headers)
        or looks_like_complaint(headers)
    )


def parse_reports(message: Message, content: bytes) -> list[DeliveryReport]:
    """Returns one report for each recipient in `message`; empty where it is no report.

    `content` is the same mail as bytes: a last resort to find our Message-ID in.
    """
    if not may_be_report(message):
        return []
    parts = _parts(message)
    message_ids = _reported_ids(message, parts, content)
    complaint = parse_complaint(message, parts, message_ids)
    if complaint:
        return [complaint]
    text = server_text(parts)
    reports = (
        list(_dsn_reports(parts, text, message_ids))
        or list(_listed_reports(message, text, message_ids))
        or list(_text_reports(message, text, message_ids))
    )
    return reports[:MAX_RECIPIENTS]


def _parts(message: Message) -> list[Message]:
    parts = []
    for part in message.walk():
        parts.append(part)
        if len(parts) == MAX_PARTS:
            break
    return parts


def _is_from_mail_server(message: Message) -> bool:
    return bool(MAIL_SERVERS.search(header_text(message, "From")))


def _has_failure_subject(message: Message) -> bool:
    """Some servers report from any address; a person's reply begins with Re."""
    subject = header_text(message, "Subject")
    return bool(FAILURE_SUBJECT.search(subject)) and not REPLY_SUBJECT.match(subject)


def _reported_ids(message: Message, parts: list[Message], content: bytes) -> tuple[str, ...]:
    """Our message ids in the returned mail, else anywhere in the report."""
    part_ids = [raw_header(part, "Message-ID") for part in parts[1:]]
    return our_message_ids(
        [
            *part_ids,
            *replied_message_ids(message),
            *map(decoded_text, parts),
            content.decode("latin-1"),
        ]
    )


def _dsn_reports(
    parts: list[Message], text: str, message_ids: tuple[str, ...]
) -> Iterator[DeliveryReport]:
    """RFC 3464 §2: a block of fields for each recipient."""
    for part in parts:
        if part.get_content_type() in DSN_TYPES:
            for block in _recipient_blocks(part):
                if block.get("Final-Recipient") or block.get("Action"):
                    yield _dsn_report(block, text, message_ids)


def _recipient_blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    if not isinstance(payload, list):
        return [message_from_string(block) for block in decoded_text(part).split("\n\n")]
    blocks = [block for block in payload if isinstance(block, Message)]
    # RFC 6533 §3: the email package parses this type as a mail with the recipients as its text.
    if part.get_content_type() != "message/delivery-status" and blocks:
        sections = re.split(r"\r?\n\r?\n", str(blocks[0].get_payload()))
        return [blocks[0], *(message_from_string(block) for block in sections[:MAX_RECIPIENTS])]
    return blocks


def _dsn_report(block: Message, text: str, message_ids: tuple[str, ...]) -> DeliveryReport:
    recipient = raw_header(block, "Final-Recipient") or raw_header(block, "Original-Recipient")
    status, diagnostic = raw_header(block, "Status"), header_text(block, "Diagnostic-Code")
    action = raw_header(block, "Action").partition(" ")[0].lower()
    kind, reason = dsn_outcome(action, status, diagnostic, text)
    return DeliveryReport(
        kind,
        message_ids,
        _clean_address(recipient.rpartition(";")[2]),
        clean_text(diagnostic.removeprefix("smtp;") or status, MAX_DETAIL),
        reason,
    )


def dsn_outcome(
    action: str, status: str, diagnostic: str, text: str = ""
) -> tuple[EventKind, FailureReason | None]:
    """Returns what a DSN's fields mean for one recipient (RFC 3464 §2.3), and why it failed.

    `text` is the report's part for people: it is asked where the fields give no reason.
    """
    if action in ACTION_KINDS:
        return ACTION_KINDS[action], None
    if action != "failed" and not status.startswith("5"):
        return CLASS_KINDS.get(status[:1], EventKind.UNKNOWN), None
    comment = status.partition(" ")[2]  # some write the reason behind the code
    failure = classify_failure(diagnostic.partition(";")[2] or diagnostic or comment, status)
    if failure.reason is FailureReason.UNKNOWN and text:
        by_text, _ = _text_failure(text, status)
        failure = Failure(by_text.reason, failure.permanent and by_text.permanent)
    return failure.kind, failure.reason


def _listed_reports(
    message: Message, text: str, message_ids: tuple[str, ...]
) -> Iterator[DeliveryReport]:
    """Exim names the failed addresses in a header, and explains each in the text."""
    for address in raw_header(message, "X-Failed-Recipients").split(",")[:MAX_RECIPIENTS]:
        if recipient := _clean_address(address):
            explanation = text.partition(address.strip())[2].partition("\n\n")[0]
            yield _recipient_report(explanation, text, recipient, message_ids)


def _text_reports(
    message: Message, text: str, message_ids: tuple[str, ...]
) -> Iterator[DeliveryReport]:
    """A report about our mail in words only. What recipients' programs answer is none."""
    if not (message_ids and _is_server_report(message, message_ids)):
        return
    subject = header_text(message, "Subject")
    failure, answer = _text_failure(text)
    if DELAY_SUBJECT.search(subject):
        detail = clean_text(subject, MAX_DETAIL)
        yield DeliveryReport(EventKind.DEFERRED, message_ids, "", detail, failure.reason)
    elif paragraphs := RECIPIENT_PARAGRAPH.findall(text):
        for recipient, explanation in paragraphs:
            yield _recipient_report(explanation, text, recipient, message_ids)
    elif _has_failure_subject(message) or failure.reason is not FailureReason.UNKNOWN:
        yield _failure_report(failure, message_ids, "", answer or subject)
    else:
        yield DeliveryReport(EventKind.UNKNOWN, message_ids, "", clean_text(subject, MAX_DETAIL))


def _is_server_report(message: Message, message_ids: tuple[str, ...]) -> bool:
    """Whether a mail server wrote it. A person may name our mail only as the one they answer."""
    if message.get_param("report-type") == "disposition-notification":
        return False  # a read receipt
    if _is_from_mail_server(message):
        is_delay = bool(DELAY_SUBJECT.search(header_text(message, "Subject")))
        return is_delay or _has_failure_subject(message) or not is_vacation_reply(message)
    return _has_failure_subject(message) and message_ids[0] not in replied_message_ids(message)


def _recipient_report(
    explanation: str, text: str, recipient: str, message_ids: tuple[str, ...]
) -> DeliveryReport:
    """By the explanation beside the recipient; where that says nothing, by the whole text."""
    failure, answer = _text_failure(explanation)
    if failure.reason is FailureReason.UNKNOWN:
        failure, answer = _text_failure(text)
    return _failure_report(
        failure, message_ids, _clean_address(recipient), explanation.strip() or answer
    )


def _failure_report(
    failure: Failure, message_ids: tuple[str, ...], recipient: str, detail: str
) -> DeliveryReport:
    return DeliveryReport(
        failure.kind, message_ids, recipient, clean_text(detail, MAX_DETAIL), failure.reason
    )


@lru_cache(maxsize=4)
def _text_failure(text: str, status: str = "") -> tuple[Failure, str]:
    """The first of the server's answers in `text` that gives a reason, and the answer.

    Cached, because one report may name a hundred recipients and explain them by the same text.
    """
    failures = [(classify_failure(answer, status), answer) for answer in server_answers(text)]
    specific = (pair for pair in failures if pair[0].reason is not FailureReason.UNKNOWN)
    return next(specific, (classify_failure("", status), ""))


def _clean_address(text: str) -> str:
    return address_key(clean_text(text.strip().strip("<>"), 320)) or ""
