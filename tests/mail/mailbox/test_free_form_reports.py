"""Reports without a machine-readable part, and complaints without a report."""

from __future__ import annotations

import pytest

from mail.mailbox.parse import needs_body, parse_mail_strict
from mail.mailbox.report_types import CustomerReply, DeliveryReport
from shop.consent.failure_reasons import FailureReason
from shop.consent.suppressions import EventKind
from tests.mail.mailbox import free_form_reports
from tests.mail.mailbox.free_form_reports import FORMATS
from tests.mail.mailbox.returned_mails import ANSWER, ID, OURS, POSTFIX

ANSWERS = [
    ("550 5.1.1 No such user", EventKind.BOUNCED, FailureReason.USER_UNKNOWN),
    ("554 The mailbox has been disabled", EventKind.BOUNCED, FailureReason.DISABLED),
    ("552 5.2.2 Mailbox full", EventKind.SOFT_BOUNCED, FailureReason.MAILBOX_FULL),
    ("550 5.1.0 Sender rejected", EventKind.SOFT_BOUNCED, FailureReason.SENDER),
    ("554 5.7.1 Blocked by a blocklist", EventKind.SOFT_BOUNCED, FailureReason.BLOCKED),
    ("550 Not today", EventKind.SOFT_BOUNCED, FailureReason.UNKNOWN),
]


def only_report(mail: str) -> DeliveryReport:
    [report] = parse_mail_strict(mail.encode(), None).findings
    assert isinstance(report, DeliveryReport)
    return report


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(("answer", "kind", "reason"), ANSWERS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_servers_answer_decides_in_every_format(
    name: str, answer: str, kind: EventKind, reason: FailureReason, line_end: str
) -> None:
    report = only_report(FORMATS[name](answer).replace("\n", line_end))
    assert (report.kind, report.reason) == (kind, reason)
    assert report.message_ids[0] == ID


@pytest.mark.parametrize("name", FORMATS)
def test_the_headers_tell_that_it_must_be_opened(name: str) -> None:
    head = FORMATS[name]("550 no").partition("\n\n")[0]
    assert needs_body(head.encode())


def test_words_for_people_decide_where_the_fields_say_nothing() -> None:
    field = POSTFIX[POSTFIX.index("Diagnostic-Code:") :].partition("\n\n")[0]
    silent = POSTFIX.replace("Status: 5.1.1", "Status: 5.0.0").replace(field, "X-More: nothing")
    assert only_report(silent).reason is FailureReason.USER_UNKNOWN
    assert only_report(silent).kind is EventKind.BOUNCED


@pytest.mark.parametrize("name", ["OUTLOOK_COMPLAINT", "MISTYPED_COMPLAINT"])
def test_a_complaint_needs_no_report_part(name: str) -> None:
    mail = getattr(free_form_reports, name)
    report = only_report(mail)
    assert (report.kind, report.message_ids) == (EventKind.COMPLAINED, (ID,))
    assert needs_body(mail.partition("\n\n")[0].encode())


def test_a_complaint_about_a_foreign_mail_is_none_of_ours() -> None:
    mail = free_form_reports.OUTLOOK_COMPLAINT.replace(OURS, "<other@example.com>")
    assert parse_mail_strict(mail.encode(), None).findings == ()


def test_a_complaint_that_was_passed_on_again_is_one() -> None:
    mail = free_form_reports.OUTLOOK_COMPLAINT.replace("staff@hotmail.com", "desk@example.com")
    assert only_report(mail).kind is EventKind.COMPLAINED


def test_a_persons_word_about_spam_is_no_complaint_of_a_mail_service() -> None:
    mail = free_form_reports.OUTLOOK_COMPLAINT.replace("staff@hotmail.com", "bruno@example.com")
    mail = mail.replace("X-HmXmrOriginalRecipient", "X-Nothing")
    assert parse_mail_strict(mail.encode(), None).findings == ()


def test_the_words_behind_the_status_decide_where_nothing_else_is_said() -> None:
    field = POSTFIX[POSTFIX.index("Diagnostic-Code:") :].partition("\n\n")[0]
    mail = POSTFIX.replace(field, "X-More: nothing")
    mail = mail.replace("Status: 5.1.1", "Status: 5.0.0 (this mailbox is full)")
    assert only_report(mail).reason is FailureReason.MAILBOX_FULL


def test_a_vacation_reply_with_an_empty_sender_is_no_bounce() -> None:
    mail = parse_mail_strict(free_form_reports.VACATION.encode(), None)
    assert mail.findings == ()
    assert mail.automatic


@pytest.mark.parametrize("subject", ["Re: Undelivered granola", "Failure of the granola"])
def test_a_persons_reply_about_a_failure_is_a_reply(subject: str) -> None:
    mail = ANSWER.replace("Subject: Re: Your", f"Subject: {subject} Your")
    assert parse_mail_strict(mail.encode(), None).findings == (CustomerReply((ID,)),)


def test_a_delay_is_no_bounce() -> None:
    mail = FORMATS["gmx"]("450 Try again").replace(
        "Subject: Mail delivery failed", "Subject: Delivery delayed"
    )
    assert only_report(mail).kind is EventKind.DEFERRED
