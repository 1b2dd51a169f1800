"""What comes back of a mail is understood, whoever sends it back."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.mailbox.parse import needs_its_body, read, understood
from mail.mailbox.report_types import Answer, CameBack
from mail.message import status_codes
from shop.consent.suppressions import Kind
from tests.mail.mailbox import returned_mails
from tests.mail.mailbox.returned_mails import BRUNO, ID

REPORTS = {
    "POSTFIX": Kind.BOUNCED,
    "POSTFIX_DELAYED": Kind.DEFERRED,
    "FULL": Kind.BOUNCED_FOR_NOW,
    "BLOCKED": Kind.BOUNCED_FOR_NOW,
    "EXIM": Kind.BOUNCED,
    "OLD_EXIM": Kind.BOUNCED,
    "QMAIL": Kind.BOUNCED,
    "EXCHANGE": Kind.BOUNCED,
    "GMAIL": Kind.BOUNCED_FOR_NOW,
    "GLOBAL": Kind.BOUNCED,
    "COMPLAINT": Kind.COMPLAINED,
}


def text_of(name: str) -> str:
    return str(getattr(returned_mails, name))


def reported(mail: str) -> list[CameBack]:
    facts = read(mail.encode(), None).facts
    return [one for one in facts if isinstance(one, CameBack)]


@pytest.mark.parametrize(("name", "kind"), REPORTS.items())
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_report_says_what_happened_to_whom_and_to_which_mail(
    name: str, kind: Kind, line_end: str
) -> None:
    [one] = reported(text_of(name).replace("\n", line_end))
    assert (one.kind, one.recipient) == (kind, BRUNO)
    assert one.message_ids[0] == ID


@pytest.mark.parametrize("name", REPORTS)
def test_the_headers_alone_tell_that_a_report_must_be_opened(name: str) -> None:
    head = text_of(name).partition("\n\n")[0]
    assert needs_its_body(head.encode())


@pytest.mark.parametrize("name", ["ANSWER", "OUT_OF_OFFICE", "OLD_OUT_OF_OFFICE"])
def test_the_mail_of_people_is_not_opened(name: str) -> None:
    assert not needs_its_body(text_of(name).partition("\n\n")[0].encode())


def test_what_the_other_server_said_is_kept() -> None:
    details = [reported(text_of(name))[0].detail for name in ("POSTFIX", "OLD_EXIM", "QMAIL")]
    assert "550 5.1.1" in details[0]
    assert details[1] == "Unrouteable address"
    assert "no mailbox here by that name" in details[2]


def test_the_returned_mail_itself_is_not_taken_for_the_servers_words() -> None:
    [one] = reported(returned_mails.QMAIL)
    assert one.recipient == BRUNO
    [one] = reported(
        returned_mails.OLD_EXIM.replace("Unrouteable address", "retry timeout exceeded")
    )
    assert one.kind is Kind.BOUNCED_FOR_NOW


def test_each_recipient_of_a_report_counts_alone() -> None:
    more = "\n\nFinal-Recipient: rfc822; clara@example.com\nAction: failed\nStatus: 5.2.2\n"
    one, other = reported(
        returned_mails.POSTFIX.replace("    unknown\n\n--3C", f"    unknown{more}\n--3C")
    )
    assert (one.recipient, one.kind) == (BRUNO, Kind.BOUNCED)
    assert (other.recipient, other.kind) == ("clara@example.com", Kind.BOUNCED_FOR_NOW)


@pytest.mark.parametrize(
    ("action", "status", "said", "kind"),
    [
        ("failed", "5.1.1", "", Kind.BOUNCED),
        ("failed", "5.1.2", "", Kind.BOUNCED),
        ("failed", "5.1.3", "", Kind.BOUNCED),
        ("failed", "5.1.6", "", Kind.BOUNCED),
        ("failed", "5.1.10", "", Kind.BOUNCED),
        ("failed", "5.2.1", "", Kind.BOUNCED),
        ("failed", "5.1.0", "", Kind.BOUNCED_FOR_NOW),
        ("failed", "5.1.7", "bad sender address", Kind.BOUNCED_FOR_NOW),
        ("failed", "5.1.8", "sender domain not found", Kind.BOUNCED_FOR_NOW),
        ("failed", "5.2.2", "", Kind.BOUNCED_FOR_NOW),
        ("failed", "5.7.1", "user unknown", Kind.BOUNCED_FOR_NOW),
        ("failed", "4.4.7", "delivery time expired", Kind.BOUNCED_FOR_NOW),
        ("failed", "4.1.1", "", Kind.BOUNCED_FOR_NOW),
        ("failed", "5.0.0", "smtp; 550 5.1.1 nobody", Kind.BOUNCED),
        ("failed", "5.0.0", "smtp; 550 No such user here", Kind.BOUNCED),
        ("failed", "5.0.0", "smtp; 550 our policy", Kind.BOUNCED_FOR_NOW),
        ("failed", "", "550 User unknown", Kind.BOUNCED),
        ("failed", "nonsense", "", Kind.BOUNCED_FOR_NOW),
        ("delayed", "4.4.1", "", Kind.DEFERRED),
        ("delayed", "5.1.1", "", Kind.DEFERRED),
        ("delivered", "2.0.0", "", Kind.DELIVERED),
        ("relayed", "2.0.0", "", Kind.ACCEPTED),
        ("expanded", "2.0.0", "", Kind.ACCEPTED),
        ("", "5.1.1", "", Kind.BOUNCED),
        ("", "4.2.2", "", Kind.DEFERRED),
        ("", "2.1.5", "", Kind.DELIVERED),
        ("", "", "", Kind.UNKNOWN),
        ("failed", "5.1.11", "", Kind.BOUNCED_FOR_NOW),
        ("failed", "15.1.1", "at 5.1.1.7", Kind.BOUNCED_FOR_NOW),
    ],
)
def test_only_a_code_about_the_address_is_for_good(
    action: str, status: str, said: str, kind: Kind
) -> None:
    assert status_codes.kind_of(action, status, said) is kind


@pytest.mark.parametrize(
    ("type_", "kind"),
    [("fraud", Kind.COMPLAINED), ("opt-out", Kind.UNSUBSCRIBED), ("not-spam", Kind.UNKNOWN),
     ("auth-failure", Kind.UNKNOWN)],
)  # fmt: skip
def test_not_every_feedback_is_a_complaint(type_: str, kind: Kind) -> None:
    [one] = reported(returned_mails.COMPLAINT.replace("abuse\n", f"{type_}\n", 1))
    assert one.kind is kind


def test_a_bounce_without_a_mail_of_ours_names_none() -> None:
    mail = returned_mails.POSTFIX.replace(returned_mails.OURS, "<private@phone.example>")
    [one] = reported(mail)
    assert one.message_ids == ()


def test_a_report_that_nobody_can_read_is_kept_where_it_names_our_mail() -> None:
    head = "From: MAILER-DAEMON@x.example\nReturn-Path: <>\nSubject: Trouble\n\n"
    assert reported(head) == []
    [one] = reported(f"{head}It was {returned_mails.OURS}.\n")
    assert (one.kind, one.message_ids) == (Kind.UNKNOWN, (ID,))


def test_a_read_receipt_is_neither_a_bounce_nor_an_answer() -> None:
    mail = read(returned_mails.READ_RECEIPT.encode(), None)
    assert mail.facts == ()
    assert mail.automatic


def test_a_person_cannot_write_a_report_into_a_plain_mail() -> None:
    copied = returned_mails.ANSWER + returned_mails.POSTFIX
    assert read(copied.encode(), None).facts == (Answer((ID,)),)


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.95])
def test_a_report_cut_off_anywhere_is_no_trouble(name: str, share: float) -> None:
    whole = text_of(name).encode()
    read(whole[: int(len(whole) * share)], None)


@given(st.binary(max_size=3_000))
def test_any_bytes_are_read(mail: bytes) -> None:
    understood(mail)
    needs_its_body(mail)


@st.composite
def garbled(draw: st.DrawFn) -> bytes:
    """A real report with some of its bytes replaced, taken out or repeated."""
    mail = bytearray(text_of(draw(st.sampled_from([*REPORTS, "ANSWER"]))).encode())
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(mail)))
        until = at + draw(st.integers(0, 30))
        mail[at:until] = draw(st.binary(max_size=40))
    return bytes(mail)


@given(garbled())
def test_a_garbled_report_never_raises_in_our_own_code(mail: bytes) -> None:
    read(mail, "unsubscribe@cornercafe.example")


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
    understood(mail[:200_000])
    needs_its_body(mail[:65_536])
    assert time.process_time() - began < 5
