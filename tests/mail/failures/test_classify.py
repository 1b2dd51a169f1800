"""One judgement of what servers answer, for SMTP, reports and providers."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.failures.classify import classify_failure
from mail.failures.status_codes import first_reply_code, first_status_code
from shop.consent.failure_reasons import ADDRESS_REASONS, SHOP_REASONS, FailureReason

WHO = "bruno@example.com"
SHOP = "ana@cornercafe.example"

DEAD_ADDRESSES = [
    ("550 5.1.1 This account does not exist here", FailureReason.USER_UNKNOWN),
    ("550-5.1.1 We looked, but the address\n550-5.1.1 was not found", FailureReason.USER_UNKNOWN),
    (f"550 5.7.1 <{WHO}>... User unknown", FailureReason.USER_UNKNOWN),
    ("550 5.4.1 Recipient address rejected: Access denied [mx]", FailureReason.USER_UNKNOWN),
    ("550 5.1.351 Unknown over there", FailureReason.USER_UNKNOWN),
    ("550 5.5.0 Requested action not taken: mailbox unavailable", FailureReason.USER_UNKNOWN),
    ("550 5.1.0 Address rejected.", FailureReason.USER_UNKNOWN),
    ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; not in the directory", FailureReason.USER_UNKNOWN),
    (f"550 {WHO}: no such user here", FailureReason.USER_UNKNOWN),
    ("554 delivery error: dd This user doesn't have an example.com account",
     FailureReason.USER_UNKNOWN),
    (f"550 5.1.1 <{WHO}>: Recipient address rejected: User unknown in relay recipient table",
     FailureReason.USER_UNKNOWN),
    ("553 that domain or user isn't in my list of allowed rcpthosts (#5.7.1)",
     FailureReason.USER_UNKNOWN),
    ("550 Der Empfänger ist unbekannt", FailureReason.USER_UNKNOWN),
    ("550 O destinatário não existe", FailureReason.USER_UNKNOWN),
    ("550 5.2.1 The mailbox is disabled", FailureReason.DISABLED),
    ("554 This account has been deactivated", FailureReason.DISABLED),
    ("550 5.1.1 inactive e-mail address", FailureReason.DISABLED),
    ("550 5.1.6 The mailbox has moved", FailureReason.MOVED),
    ("550 5.1.2 Host unknown", FailureReason.DOMAIN_UNKNOWN),
    ("550 5.4.4 Nonexistent domain", FailureReason.DOMAIN_UNKNOWN),
    ("550 5.4.310 DNS domain example.invalid does not exist", FailureReason.DOMAIN_UNKNOWN),
    ("Name service error for example.invalid: Host not found", FailureReason.DOMAIN_UNKNOWN),
    ("556 The domain does not accept mail", FailureReason.NO_MAIL),
    ("550 As the remote domain doesnt exist", FailureReason.DOMAIN_UNKNOWN),
    ("554 This mail address is administratively disabled", FailureReason.DISABLED),
]  # fmt: skip

SHOP_IS_REFUSED = [
    (f"550 5.1.0 <{SHOP}> sender rejected", FailureReason.SENDER),
    (f"553 5.1.1 <{SHOP}>: Sender address rejected: User unknown", FailureReason.SENDER),
    (f"550 5.1.1 Domain of sender address {SHOP} does not exist", FailureReason.SENDER),
    (f"550 5.1.1 {SHOP} has sent to too many recipients this hour", FailureReason.RATE_LIMITED),
    ("550-5.2.1 This user receives mail at a rate that\n550-5.2.1 we do not allow",
     FailureReason.RATE_LIMITED),
    ("550 5.4.5 Daily user sending limit exceeded", FailureReason.RATE_LIMITED),
    ("553 5.1.3 see http://www.spamhaus.example/ : your server is on a blocklist",
     FailureReason.BLOCKED),
    ("550 5.1.1 IP address blacklisted", FailureReason.BLOCKED),
    ("550 mailbox unavailable; blocked for the reputation of your network", FailureReason.BLOCKED),
    ("550 5.7.26 Not signed with DKIM", FailureReason.AUTHENTICATION),
    ("550 5.1.1 SPF check failed", FailureReason.AUTHENTICATION),
    ("554 5.7.1 Relay access denied", FailureReason.RELAYING),
    ("553 that domain isn't in my list of allowed rcpthosts (#5.7.1)", FailureReason.RELAYING),
    ("550 5.7.1 Looks like spam to us", FailureReason.CONTENT),
    ("550 mailbox unavailable: rejected for policy reasons", FailureReason.POLICY),
    ("552 5.3.4 Too big", FailureReason.TOO_LARGE),
    ("521 5.2.1 We will not accept delivery of this message", FailureReason.POLICY),
]  # fmt: skip

OTHER_REASONS = [
    ("552 5.2.2 Over quota", FailureReason.MAILBOX_FULL),
    ("550 5.1.1 User is over quota", FailureReason.MAILBOX_FULL),
    ("552 5.2.2 The inbox is out of storage space and inactive", FailureReason.MAILBOX_FULL),
    ("550 Postfach voll", FailureReason.MAILBOX_FULL),
    ("550 Refused by the user's rules", FailureReason.FILTERED),
    ("554 5.4.6 Hop count exceeded", FailureReason.NETWORK),
    ("554 5.4.7 Delivery expired", FailureReason.EXPIRED),
    ("connect to mx.example.com: Connection refused", FailureReason.NETWORK),
    ("554 5.3.0 Internal error", FailureReason.SERVER),
    ("550 no", FailureReason.UNKNOWN),
    ("550 address rejected", FailureReason.UNKNOWN),
    ("554 Unrouteable mail domain", FailureReason.NETWORK),
    ("", FailureReason.UNKNOWN),
]


@pytest.mark.parametrize(("answer", "reason"), DEAD_ADDRESSES)
def test_an_answer_about_the_address_suppresses_it(answer: str, reason: FailureReason) -> None:
    failure = classify_failure(answer)
    assert (failure.reason, failure.suppresses) == (reason, True)


@pytest.mark.parametrize(("answer", "reason"), SHOP_IS_REFUSED)
def test_an_answer_about_the_shop_suppresses_nobody(answer: str, reason: FailureReason) -> None:
    failure = classify_failure(answer)
    assert failure.reason is reason
    assert failure.concerns_shop
    assert not failure.suppresses


@pytest.mark.parametrize(("answer", "reason"), OTHER_REASONS)
def test_other_answers_have_their_reason_and_suppress_nobody(
    answer: str, reason: FailureReason
) -> None:
    failure = classify_failure(answer)
    assert failure.reason is reason
    assert not failure.suppresses


@pytest.mark.parametrize(
    ("answer", "status", "suppresses"),
    [
        ("552 5.2.2 Over quota", "5.1.1", False),
        ("450 4.2.1 Try again", "5.1.1", False),
        ("450 User unknown", "5.1.1", False),
        ("550 User unknown", "4.4.7", True),
        ("", "5.1.1", True),
        ("", "4.1.1", False),
        ("550 5.1.1 unknown", "5.0.0", True),
        ("550 5.0.0 no", "5.1.1", False),
    ],
)
def test_the_servers_own_code_comes_before_the_reports(
    answer: str, status: str, suppresses: bool
) -> None:
    assert classify_failure(answer, status).suppresses is suppresses


@pytest.mark.parametrize(
    "answer",
    ["450 4.1.1 User unknown", "450 no such user", "550 5.2.1 The mailbox is temporarily disabled",
     "Host not found, try again", "421 5.1.1 unknown"],
)  # fmt: skip
def test_what_may_pass_suppresses_nobody(answer: str) -> None:
    assert not classify_failure(answer).suppresses


def test_an_address_or_a_version_is_no_code() -> None:
    assert first_status_code("from 5.1.1.7, version 15.1.1") is None
    assert first_reply_code("port 25 of 192.0.2.550") is None
    assert first_reply_code("said: 550 5.1.1 unknown") == 550


def test_a_link_is_no_reason() -> None:
    answer = (
        "550 5.1.1 no such user, see https://example.com/help?topic=spam-blocked-sender-rejected"
    )
    assert classify_failure(answer).reason is FailureReason.USER_UNKNOWN


@given(st.text(max_size=400))
def test_any_text_is_classified(text: str) -> None:
    failure = classify_failure(text)
    assert not (failure.suppresses and failure.concerns_shop)


def test_the_reasons_of_address_and_shop_have_none_in_common() -> None:
    assert not ADDRESS_REASONS & SHOP_REASONS


@pytest.mark.parametrize("word", ["user ", "mailbox is ", "name is was are ", "no a b ", "<"])
def test_a_long_answer_is_classified_in_little_time(word: str) -> None:
    begun = time.process_time()
    classify_failure(word * 100_000)
    assert time.process_time() - begun < 1
