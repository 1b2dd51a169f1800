"""Sending through SendGrid: who gets what, and what is known after an interruption."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from mail.message.mime import Mail
from mail.senders.protocol import Accepted, Refused, Withheld
from mail.senders.sendgrid.preflight import MAX_MAIL_BYTES
from sandbox.sendgrid.account import API_KEY
from tests.faults.sendgrid import FixedResponse
from tests.mail.senders.sendgrid_account import MAIL, NOW, SendGridHarness, mail_to, mails_to, texts
from tests.mail.senders.test_conformance import WithholdingCheck


@pytest.fixture
def harness(tmp_path: Path, shared: Path) -> Iterator[SendGridHarness]:
    """Everything that is sent must conform to SendGrid's OpenAPI."""
    assert shared.is_dir()
    harness_ = SendGridHarness(tmp_path)
    yield harness_
    assert harness_.transport.violations() == []


def accepted(mails: list[Mail]) -> list[Accepted]:
    return [Accepted(mail.message_id) for mail in mails]


def refusal_of(*fields: str | None, status: int = 400) -> FixedResponse:
    errors = [{"message": "Bad for clara@example.com.", "field": field} for field in fields]
    return FixedResponse(status, body=orjson.dumps({"errors": errors}))


def test_many_mails_travel_in_one_request_after_the_first(harness: SendGridHarness) -> None:
    mails = mails_to(200)
    assert harness.send(mails) == accepted(mails)
    assert harness.sizes == [1, 199]


def test_a_request_leaves_without_those_that_opted_out_since_the_one_before(
    harness: SendGridHarness,
) -> None:
    mails = mails_to(20)
    withheld = mails[7].message_id
    with harness.delivery() as delivery:
        outcomes = list(delivery.send(mails, WithholdingCheck(withheld)))
    assert [out for out in outcomes if not isinstance(out, Accepted)] == [Withheld(withheld)]
    assert harness.sizes == [1, 18]
    assert withheld not in harness.arrived


def test_every_recipient_gets_their_own_mail_exactly(harness: SendGridHarness) -> None:
    mails = mails_to(40)
    harness.send(mails)
    assert {id_: texts(mail_) for id_, mail_ in harness.arrived.items()} == {
        mail.message_id: texts(mail) for mail in mails
    }


def test_no_recipient_sees_another(harness: SendGridHarness) -> None:
    mails = mails_to(40)
    harness.send(mails)
    for mail in mails:
        arrived = harness.arrived[mail.message_id]
        assert arrived.to == (mail.to_address,)
        others = [other for other in mails if other is not mail]
        assert not any(other.to_address in str(arrived) for other in others)
        assert not any(str(other.to_name) in str(arrived) for other in others)


def test_what_they_share_travels_once(harness: SendGridHarness) -> None:
    shared_words = "All of our cakes. " * 500
    harness.send(mails_to(100, text=f"Hello\n{shared_words}\n", html=f"<p>{shared_words}</p>"))
    together = len(orjson.dumps(harness.transport.payloads[1]))
    assert together < 3 * len(orjson.dumps(harness.transport.payloads[0]))


def test_each_carries_its_own_id_and_its_own_way_out(harness: SendGridHarness) -> None:
    harness.send(mails_to(10))
    for person in harness.transport.payloads[1]["personalizations"]:
        name = person["to"][0]["email"].partition("@")[0]
        assert person["custom_args"] == {"regulars_mail": name}
        assert person["headers"] == {
            "List-Unsubscribe": f"<https://mail.cornercafe.example/u/{name}.a.b>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
        }


def test_sendgrids_tracking_is_switched_off(harness: SendGridHarness) -> None:
    harness.send([MAIL])
    assert harness.transport.payloads[0]["tracking_settings"] == {
        "click_tracking": {"enable": False, "enable_text": False},
        "open_tracking": {"enable": False},
        "subscription_tracking": {"enable": False},
    }


def test_no_more_than_the_owner_says_travel_together(tmp_path: Path) -> None:
    post = SendGridHarness(tmp_path, mails_per_request=20)
    post.send(mails_to(61))
    assert post.sizes == [1, 20, 20, 20]


def test_four_that_are_alike_go_alone(harness: SendGridHarness) -> None:
    harness.send(mails_to(5))
    assert harness.sizes == [1] * 5


def test_service_and_marketing_never_share_a_request(harness: SendGridHarness) -> None:
    service = [replace(mail, message_id=f"s-{mail.message_id}", to_address=f"s{mail.to_address}",
                       purpose="service") for mail in mails_to(10)]  # fmt: skip
    harness.send([mail_to("bruno"), *mails_to(10), *service])
    assert harness.sizes == [1, 10, 10]
    assert "List-Unsubscribe" not in harness.arrived["s-guest001"].headers


def test_who_gets_two_mails_gets_them_in_two_requests(harness: SendGridHarness) -> None:
    first = mails_to(10)
    second = [
        replace(mail, message_id=f"second-{mail.message_id}", to_address=mail.to_address.upper())
        for mail in first
    ]
    mails = [mail_to("bruno"), *first, *second]
    assert harness.send(mails) == accepted(mails)
    assert harness.sizes == [1, 10, 10]


def test_the_next_batch_need_not_begin_small_again(harness: SendGridHarness) -> None:
    with harness.delivery() as delivery:
        list(delivery.send(mails_to(20)))
        delivery.outcomes_saved()
        list(delivery.send([mail_to(f"later{n}") for n in range(20)]))
    assert harness.sizes == [1, 19, 20]


def test_a_delivery_never_gives_one_mail_twice(harness: SendGridHarness) -> None:
    with harness.delivery() as delivery:
        list(delivery.send(mails_to(20)))
        assert list(delivery.send(mails_to(20))) == accepted(mails_to(20))
    assert harness.sizes == [1, 19]


def test_outcomes_come_in_the_order_of_the_mails(harness: SendGridHarness) -> None:
    first, second = mails_to(10), [mail_to(f"x{n}", text="Else\n") for n in range(10)]
    mixed = [mail for pair in zip(first, second, strict=True) for mail in pair]
    assert harness.send(mixed) == accepted(mixed)


# One bad mail among many.


def test_a_mail_that_is_named_is_refused_alone(harness: SendGridHarness) -> None:
    harness.server.faults.on(2, refusal_of("personalizations.3.to"))
    harness.server.faults.on(4, refusal_of("personalizations.0.to"))
    mails = mails_to(21)
    outcomes = harness.send(mails)
    assert outcomes[4] == Refused("guest004", "Bad for …")
    assert outcomes[:4] + outcomes[5:] == accepted(mails[:4] + mails[5:])
    assert harness.sizes == [1, 20, 19, 1]


def test_one_that_is_not_named_is_found_by_halves(
    harness: SendGridHarness, monkeypatch: Any
) -> None:
    """Among 64 mails, with at most two requests per halving."""
    reply = harness.server.reply

    def fussy(call: Any, body: bytes, fault: Any) -> Any:
        return (400, {}, b'{"errors":[{"message":"no","field":"null"}]}') if (
            b"guest033@" in body) else reply(call, body, fault)  # fmt: skip

    monkeypatch.setattr(harness.server, "reply", fussy)
    mails = mails_to(65)
    outcomes = harness.send(mails)
    assert outcomes[33] == Refused("guest033", "no")
    assert len(harness.arrived) == 64
    assert len(harness.sizes) <= 1 + 1 + 2 * 6


def test_a_request_that_is_too_large_is_halved(harness: SendGridHarness) -> None:
    harness.server.faults.on(2, FixedResponse(413))
    mails = mails_to(41)
    assert harness.send(mails) == accepted(mails)
    assert harness.sizes == [1, 40, 20, 20]
    assert list(harness.arrived) == [mail.message_id for mail in mails]


def test_what_sendgrid_would_call_too_large_is_halved_before_it_goes(
    harness: SendGridHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mail.senders.sendgrid.sender.MAX_REQUEST_BYTES", 12_000)
    mails = mails_to(41)
    assert harness.send(mails) == accepted(mails)
    assert len(harness.sizes) > 2
    assert all(len(orjson.dumps(payload)) < 12_000 for payload in harness.transport.payloads)


def test_one_mail_that_is_too_large_is_refused(harness: SendGridHarness) -> None:
    harness.server.faults.on(1, FixedResponse(413))
    assert harness.send([MAIL]) == [Refused("clara", "it is larger than SendGrid takes")]


def test_a_mail_beyond_all_bounds_is_refused_before_it_goes(harness: SendGridHarness) -> None:
    first, second = harness.send([replace(MAIL, text="x" * MAX_MAIL_BYTES), mail_to("bruno")])
    assert isinstance(first, Refused)
    assert second == Accepted("bruno")


# Responses, and missing ones.

NOT_SENT = [
    (FixedResponse(200), "sent none"),
    (FixedResponse(302, {"Location": "https://elsewhere.example"}), "leads elsewhere"),
    (FixedResponse(401), r"does not accept sending → sendgrid → api key \(\$SENDGRID_API_KEY\)"),
    (FixedResponse(403), "verify the sender"),
    (FixedResponse(404), "status 404"),
    (FixedResponse(415), "status 415"),
    (refusal_of("from"), "does not take the shop's `from`"),
    (refusal_of("reply_to.email"), "does not take the shop's `reply_to`"),
]


@pytest.mark.parametrize("request_", [1, 2])
@pytest.mark.parametrize(("answer", "sentence"), NOT_SENT)
def test_a_no_to_all_leaves_nothing_in_doubt(
    harness: SendGridHarness, answer: FixedResponse, sentence: str, request_: int
) -> None:
    harness.server.faults.on(request_, answer)
    outcomes, message, recalled = harness.send_until_error(mails_to(20))
    assert outcomes == accepted(mails_to(request_ - 1))
    assert re.search(sentence, message)
    assert not recalled.accepted | recalled.in_doubt


@pytest.mark.parametrize("status", [500, 502, 503, 504, 529, 201, 206])
def test_a_response_that_decides_nothing_leaves_its_request_in_doubt(
    harness: SendGridHarness, status: int
) -> None:
    harness.server.faults.on(2, FixedResponse(status))
    mails = [*mails_to(20), *(mail_to(f"x{n}", text="Else\n") for n in range(10))]
    outcomes, message, recalled = harness.send_until_error(mails)
    assert outcomes == accepted(mails[:1])
    assert "in doubt" in message
    assert recalled.in_doubt == {mail.message_id for mail in mails[1:20]}
    assert recalled.accepted == set()


def test_while_sendgrid_fails_one_mail_a_run_is_in_doubt(harness: SendGridHarness) -> None:
    harness.server.faults.on(1, FixedResponse(503), times=2)
    _, _, recalled = harness.send_until_error(mails_to(200))
    assert recalled.in_doubt == {"guest000"}


CONNECTION_ERRORS = [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError]
SENDING_ERRORS = [
    httpx.WriteTimeout,
    httpx.WriteError,
    httpx.ReadTimeout,
    httpx.ReadError,
    httpx.RemoteProtocolError,
    ValueError,
]


@pytest.mark.parametrize("error", CONNECTION_ERRORS)
def test_without_a_connection_nothing_is_in_doubt(
    harness: SendGridHarness, error: type[Exception]
) -> None:
    harness.transport.errors[2] = error("to clara@example.com")
    _, message, recalled = harness.send_until_error(mails_to(20))
    assert "cannot be reached" in message
    assert not recalled.accepted | recalled.in_doubt


@pytest.mark.parametrize("error", SENDING_ERRORS)
def test_once_a_request_has_begun_it_is_in_doubt(
    harness: SendGridHarness, error: type[Exception]
) -> None:
    harness.transport.errors[2] = error("to clara@example.com")
    _, message, recalled = harness.send_until_error(mails_to(20))
    assert "in doubt" in message
    assert "clara" not in message
    assert recalled.in_doubt == {mail.message_id for mail in mails_to(20)[1:]}


def test_a_request_accepted_out_of_order_is_recalled(harness: SendGridHarness) -> None:
    """Two requests with mails by turns: the second one fails after the first was accepted."""
    first, second = mails_to(10), [mail_to(f"x{n}", text="Else\n") for n in range(10)]
    mixed = [mixed_mail for pair in zip(first, second, strict=True) for mixed_mail in pair]
    harness.transport.errors[3] = httpx.ReadTimeout("")
    outcomes, _, recalled = harness.send_until_error(mixed)
    assert outcomes == accepted(mixed[:2])
    assert recalled.accepted == set(harness.arrived) - {"guest000", "x0"}
    assert recalled.in_doubt == {mail.message_id for mail in first[1:]}


def test_an_answer_without_an_end_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = 0

    def for_ever() -> Iterator[bytes]:
        nonlocal read
        while read < 10_000_000:
            read += 10_000
            yield b"x" * 10_000

    post = SendGridHarness(tmp_path)
    monkeypatch.setattr(
        post.transport, "handle_request", lambda _: httpx.Response(400, content=for_ever())
    )
    assert post.send([MAIL]) == [Refused("clara", "no reason was given")]
    assert read < 100_000


# Rate limits.


def test_it_waits_until_the_moment_that_sendgrid_names(harness: SendGridHarness) -> None:
    harness.server.faults.on(1, FixedResponse(429, {"X-RateLimit-Reset": f"{NOW + 30:.0f}"}))
    assert harness.send([MAIL]) == [Accepted("clara")]
    assert len(harness.pauses) == 1
    assert 30 < harness.pauses[0] <= 31


def test_without_a_moment_it_waits_longer_each_time(harness: SendGridHarness) -> None:
    harness.server.faults.on(1, FixedResponse(429), times=3)
    assert harness.send([MAIL]) == [Accepted("clara")]
    assert [0.5 * 2**n <= pause <= 2**n for n, pause in enumerate(harness.pauses)] == [True] * 3


@pytest.mark.parametrize("reset", [f"{NOW + 3600:.0f}", "9" * 11, "", "soon"])
def test_it_does_not_wait_for_ever(harness: SendGridHarness, reset: str) -> None:
    harness.server.faults.on(1, FixedResponse(429, {"X-RateLimit-Reset": reset}), times=50)
    _, message, recalled = harness.send_until_error(mails_to(20))
    assert "slow down" in message
    assert sum(harness.pauses) <= 120
    assert not recalled.accepted | recalled.in_doubt


def test_the_total_wait_of_a_delivery_is_limited(harness: SendGridHarness) -> None:
    for request in range(1, 12, 2):
        harness.server.faults.on(
            request, FixedResponse(429, {"X-RateLimit-Reset": f"{NOW + 50:.0f}"})
        )
    outcomes, _, _ = harness.send_until_error(
        [mail_to(f"x{n}", html="<p>\n" * (n + 1)) for n in range(6)]
    )
    assert outcomes == [Accepted("x0"), Accepted("x1")]
    assert sum(harness.pauses) <= 120


def test_a_moment_that_has_passed_is_a_moments_pause(harness: SendGridHarness) -> None:
    harness.server.faults.on(1, FixedResponse(429, {"X-RateLimit-Reset": f"{NOW - 5:.0f}"}))
    harness.send([MAIL])
    assert 0 < harness.pauses[0] <= 1


# Secrets and personal data.


def test_neither_key_nor_addresses_are_written_into_the_log(
    harness: SendGridHarness, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    harness.server.faults.on(2, refusal_of("personalizations.0"))
    harness.send(mails_to(10))
    _, message, _ = SendGridHarness(harness.folder / "other", key="SG.wrong").send_until_error(
        [MAIL]
    )
    for secret in (API_KEY, "SG.wrong", "@example.com", "Guest001"):
        assert secret not in caplog.text + message


def test_the_sender_shows_no_key(harness: SendGridHarness) -> None:
    assert API_KEY not in repr(harness.sender()) + repr(harness.sender().__dict__)
