"""Bounces and complaints in all formats."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.mailbox.bounces import dsn_outcome
from mail.mailbox.parse import needs_body, parse_mail, parse_mail_strict
from mail.mailbox.report_types import CustomerReply, DeliveryReport
from shop.consent.suppressions import EventKind
from tests.mail.mailbox import returned_mails
from tests.mail.mailbox.returned_mails import BRUNO, ID

REPORTS = {
    "POSTFIX": EventKind.BOUNCED,
    "POSTFIX_DELAYED": EventKind.DEFERRED,
    "FULL": EventKind.SOFT_BOUNCED,
    "BLOCKED": EventKind.SOFT_BOUNCED,
    "EXIM": EventKind.BOUNCED,
    "OLD_EXIM": EventKind.BOUNCED,
    "QMAIL": EventKind.BOUNCED,
    "EXCHANGE": EventKind.BOUNCED,
    "GMAIL": EventKind.SOFT_BOUNCED,
    "GLOBAL": EventKind.BOUNCED,
    "COMPLAINT": EventKind.COMPLAINED,
}


def sample_text(name: str) -> str:
    return str(getattr(returned_mails, name))


def reports_in(mail: str) -> list[DeliveryReport]:
    findings = parse_mail_strict(mail.encode(), None).findings
    return [finding for finding in findings if isinstance(finding, DeliveryReport)]


@pytest.mark.parametrize(("name", "kind"), REPORTS.items())
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_report_says_what_happened_to_whom_and_to_which_mail(
    name: str, kind: EventKind, line_end: str
) -> None:
    [report] = reports_in(sample_text(name).replace("\n", line_end))
    assert (report.kind, report.recipient) == (kind, BRUNO)
    assert report.message_ids[0] == ID


@pytest.mark.parametrize("name", REPORTS)
def test_the_headers_alone_tell_that_a_report_must_be_opened(name: str) -> None:
    head = sample_text(name).partition("\n\n")[0]
    assert needs_body(head.encode())


@pytest.mark.parametrize("name", ["ANSWER", "OUT_OF_OFFICE", "OLD_OUT_OF_OFFICE"])
def test_the_mail_of_people_is_not_opened(name: str) -> None:
    assert not needs_body(sample_text(name).partition("\n\n")[0].encode())


def test_the_other_servers_diagnostic_is_kept() -> None:
    details = [reports_in(sample_text(name))[0].detail for name in ("POSTFIX", "OLD_EXIM", "QMAIL")]
    assert "550 5.1.1" in details[0]
    assert details[1] == "Unrouteable address"
    assert "no mailbox here by that name" in details[2]


def test_the_returned_mail_itself_is_not_taken_for_the_servers_words() -> None:
    [report] = reports_in(returned_mails.QMAIL)
    assert report.recipient == BRUNO
    [report] = reports_in(
        returned_mails.OLD_EXIM.replace("Unrouteable address", "retry timeout exceeded")
    )
    assert report.kind is EventKind.SOFT_BOUNCED


def test_each_recipient_of_a_report_counts_alone() -> None:
    more = "\n\nFinal-Recipient: rfc822; clara@example.com\nAction: failed\nStatus: 5.2.2\n"
    first, second = reports_in(
        returned_mails.POSTFIX.replace("    unknown\n\n--3C", f"    unknown{more}\n--3C")
    )
    assert (first.recipient, first.kind) == (BRUNO, EventKind.BOUNCED)
    assert (second.recipient, second.kind) == ("clara@example.com", EventKind.SOFT_BOUNCED)


@pytest.mark.parametrize(
    ("action", "status", "diagnostic", "kind"),
    [
        ("failed", "5.1.1", "", EventKind.BOUNCED),
        ("failed", "5.1.2", "", EventKind.BOUNCED),
        ("failed", "5.1.3", "", EventKind.BOUNCED),
        ("failed", "5.1.6", "", EventKind.BOUNCED),
        ("failed", "5.1.10", "", EventKind.BOUNCED),
        ("failed", "5.2.1", "", EventKind.BOUNCED),
        ("failed", "5.1.0", "", EventKind.SOFT_BOUNCED),
        ("failed", "5.1.7", "bad sender address", EventKind.SOFT_BOUNCED),
        ("failed", "5.1.8", "sender domain not found", EventKind.SOFT_BOUNCED),
        ("failed", "5.2.2", "", EventKind.SOFT_BOUNCED),
        ("failed", "5.7.1", "user unknown", EventKind.BOUNCED),
        ("failed", "4.4.7", "delivery time expired", EventKind.SOFT_BOUNCED),
        ("failed", "4.1.1", "", EventKind.SOFT_BOUNCED),
        ("failed", "5.0.0", "smtp; 550 5.1.1 nobody", EventKind.BOUNCED),
        ("failed", "5.0.0", "smtp; 550 No such user here", EventKind.BOUNCED),
        ("failed", "5.0.0", "smtp; 550 our policy", EventKind.SOFT_BOUNCED),
        ("failed", "", "550 User unknown", EventKind.BOUNCED),
        ("failed", "nonsense", "", EventKind.SOFT_BOUNCED),
        ("delayed", "4.4.1", "", EventKind.DEFERRED),
        ("delayed", "5.1.1", "", EventKind.DEFERRED),
        ("delivered", "2.0.0", "", EventKind.DELIVERED),
        ("relayed", "2.0.0", "", EventKind.ACCEPTED),
        ("expanded", "2.0.0", "", EventKind.ACCEPTED),
        ("", "5.1.1", "", EventKind.BOUNCED),
        ("", "4.2.2", "", EventKind.DEFERRED),
        ("", "2.1.5", "", EventKind.DELIVERED),
        ("", "", "", EventKind.UNKNOWN),
        ("failed", "5.1.11", "", EventKind.SOFT_BOUNCED),
        ("failed", "15.1.1", "at 5.1.1.7", EventKind.SOFT_BOUNCED),
    ],
)
def test_only_a_code_about_the_address_is_a_hard_bounce(
    action: str, status: str, diagnostic: str, kind: EventKind
) -> None:
    assert dsn_outcome(action, status, diagnostic)[0] is kind


@pytest.mark.parametrize(
    ("type_", "kind"),
    [("fraud", EventKind.COMPLAINED), ("opt-out", EventKind.UNSUBSCRIBED),
     ("not-spam", EventKind.UNKNOWN), ("auth-failure", EventKind.UNKNOWN)],
)  # fmt: skip
def test_not_every_feedback_is_a_complaint(type_: str, kind: EventKind) -> None:
    [report] = reports_in(returned_mails.COMPLAINT.replace("abuse\n", f"{type_}\n", 1))
    assert report.kind is kind


def test_a_bounce_of_a_foreign_mail_has_no_message_id() -> None:
    mail = returned_mails.POSTFIX.replace(returned_mails.OURS, "<private@phone.example>")
    [report] = reports_in(mail)
    assert report.message_ids == ()


def test_an_unknown_report_is_kept_where_it_names_our_mail() -> None:
    head = "From: MAILER-DAEMON@x.example\nReturn-Path: <>\nSubject: Trouble\n\n"
    assert reports_in(head) == []
    [report] = reports_in(f"{head}It was {returned_mails.OURS}.\n")
    assert (report.kind, report.message_ids) == (EventKind.UNKNOWN, (ID,))


def test_a_read_receipt_is_neither_a_bounce_nor_an_answer() -> None:
    mail = parse_mail_strict(returned_mails.READ_RECEIPT.encode(), None)
    assert mail.findings == ()
    assert mail.automatic


def test_a_person_cannot_write_a_report_into_a_plain_mail() -> None:
    copied = returned_mails.ANSWER + returned_mails.POSTFIX
    assert parse_mail_strict(copied.encode(), None).findings == (CustomerReply((ID,)),)


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.95])
def test_a_report_cut_off_anywhere_is_no_trouble(name: str, share: float) -> None:
    content = sample_text(name).encode()
    parse_mail_strict(content[: int(len(content) * share)], None)


@given(st.binary(max_size=3_000))
def test_any_bytes_are_read(mail: bytes) -> None:
    parse_mail(mail)
    needs_body(mail)


@st.composite
def garbled(draw: st.DrawFn) -> bytes:
    """A real report with bytes replaced, removed or repeated."""
    mail = bytearray(sample_text(draw(st.sampled_from([*REPORTS, "ANSWER"]))).encode())
    for _ in range(draw(st.integers(1, 8))):
        start = draw(st.integers(0, len(mail)))
        end = start + draw(st.integers(0, 30))
        mail[start:end] = draw(st.binary(max_size=40))
    return bytes(mail)


@given(garbled())
def test_a_garbled_report_never_raises_in_our_own_code(mail: bytes) -> None:
    parse_mail_strict(mail, "unsubscribe@cornercafe.example")


@pytest.mark.parametrize(
    "mail",
    [
        b"".join(
            b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(4000)
        ),
        b"Content-Type: multipart/report; boundary*" + b"9" * 5000 + b"=x\n\nhello",
        b"Content-Type: multipart/report; boundary=x\n\n" + b"--x\n\n" * 40_000,
        b"From: " + b"<" * 150_000 + b"\n\n",
        b"From: " + b"(" * 150_000 + b"\n\n",
        b"Subject: " + b"=?utf-8?b?" * 15_000 + b"\n\n",
        b"X-Failed-Recipients: " + b"a@b," * 40_000 + b"\n\n" + b"a@b\n" * 20_000,
        b"Return-Path: <>\n\nHi. This is the qmail-send program at x\n\n"
        + b"<a@b>:\nno\n" * 15_000,
        b"Return-Path: <>\n\nHi. This is the qmail-send program at x\n\n<a@b>:\n" + b"- " * 90_000,
    ],
)
def test_a_mail_made_to_keep_us_busy_does_not(mail: bytes) -> None:
    began = time.process_time()
    parse_mail(mail[:200_000])
    needs_body(mail[:65_536])
    assert time.process_time() - began < 5
