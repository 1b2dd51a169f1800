"""Sending through SendGrid: who gets what, and what is known when it breaks off."""

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
from mail.senders.protocol import Accepted, Refused
from mail.senders.sendgrid.preflight import LARGEST_MAIL
from sandbox.sendgrid.account import API_KEY
from sandbox.sendgrid.faults import Answers
from tests.mail.senders.sendgrid_account import MAIL, NOW, Post, mail_to, mails_to, texts


@pytest.fixture
def post(tmp_path: Path, shared: Path) -> Iterator[Post]:
    """All that is sent in these tests is as SendGrid publishes it."""
    assert shared.is_dir()
    post = Post(tmp_path)
    yield post
    assert post.wire.violations() == []


def accepted(mails: list[Mail]) -> list[Accepted]:
    return [Accepted(mail.message_id) for mail in mails]


def refuses(*fields: str | None, status: int = 400) -> Answers:
    errors = [{"message": "Bad for clara@example.com.", "field": field} for field in fields]
    return Answers(status, body=orjson.dumps({"errors": errors}))


def test_many_mails_travel_in_one_request_after_the_first(post: Post) -> None:
    mails = mails_to(200)
    assert post.send(mails) == accepted(mails)
    assert post.sizes == [1, 199]


def test_everybody_gets_their_own_mail_to_the_letter(post: Post) -> None:
    mails = mails_to(40)
    post.send(mails)
    assert {id_: texts(one) for id_, one in post.arrived.items()} == {
        mail.message_id: texts(mail) for mail in mails
    }


def test_nobody_sees_anybody_else(post: Post) -> None:
    mails = mails_to(40)
    post.send(mails)
    for mail in mails:
        got = post.arrived[mail.message_id]
        assert got.to == (mail.to_address,)
        others = [other for other in mails if other is not mail]
        assert not any(other.to_address in str(got) for other in others)
        assert not any(str(other.to_name) in str(got) for other in others)


def test_what_they_share_travels_once(post: Post) -> None:
    shared_words = "All of our cakes. " * 500
    post.send(mails_to(100, text=f"Hello\n{shared_words}\n", html=f"<p>{shared_words}</p>"))
    together = len(orjson.dumps(post.wire.heard[1]))
    assert together < 3 * len(orjson.dumps(post.wire.heard[0]))


def test_each_carries_its_own_id_and_its_own_way_out(post: Post) -> None:
    post.send(mails_to(10))
    for person in post.wire.heard[1]["personalizations"]:
        name = person["to"][0]["email"].partition("@")[0]
        assert person["custom_args"] == {"regulars_mail": name}
        assert person["headers"] == {
            "List-Unsubscribe": f"<https://mail.cornercafe.example/u/{name}.a.b>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
        }


def test_sendgrid_is_told_to_add_nothing_of_its_own(post: Post) -> None:
    post.send([MAIL])
    assert post.wire.heard[0]["tracking_settings"] == {
        "click_tracking": {"enable": False, "enable_text": False},
        "open_tracking": {"enable": False},
        "subscription_tracking": {"enable": False},
    }


def test_no_more_than_the_owner_says_travel_together(tmp_path: Path) -> None:
    post = Post(tmp_path, mails_per_request=20)
    post.send(mails_to(61))
    assert post.sizes == [1, 20, 20, 20]


def test_four_that_are_alike_go_alone(post: Post) -> None:
    post.send(mails_to(5))
    assert post.sizes == [1] * 5


def test_service_and_marketing_never_share_a_request(post: Post) -> None:
    service = [replace(one, message_id=f"s-{one.message_id}", to_address=f"s{one.to_address}",
                       purpose="service") for one in mails_to(10)]  # fmt: skip
    post.send([mail_to("bruno"), *mails_to(10), *service])
    assert post.sizes == [1, 10, 10]
    assert "List-Unsubscribe" not in post.arrived["s-guest001"].headers


def test_who_gets_two_mails_gets_them_in_two_requests(post: Post) -> None:
    first = mails_to(10)
    second = [
        replace(one, message_id=f"second-{one.message_id}", to_address=one.to_address.upper())
        for one in first
    ]
    mails = [mail_to("bruno"), *first, *second]
    assert post.send(mails) == accepted(mails)
    assert post.sizes == [1, 10, 10]


def test_the_next_batch_need_not_begin_small_again(post: Post) -> None:
    with post.delivery() as delivery:
        list(delivery.send(mails_to(20)))
        delivery.settled()
        list(delivery.send([mail_to(f"later{n}") for n in range(20)]))
    assert post.sizes == [1, 19, 20]


def test_a_delivery_never_gives_one_mail_twice(post: Post) -> None:
    with post.delivery() as delivery:
        list(delivery.send(mails_to(20)))
        assert list(delivery.send(mails_to(20))) == accepted(mails_to(20))
    assert post.sizes == [1, 19]


def test_outcomes_come_in_the_order_of_the_mails(post: Post) -> None:
    ours, other = mails_to(10), [mail_to(f"x{n}", text="Else\n") for n in range(10)]
    mixed = [one for pair in zip(ours, other, strict=True) for one in pair]
    assert post.send(mixed) == accepted(mixed)


# One bad mail among many.


def test_a_mail_that_is_named_is_refused_alone(post: Post) -> None:
    post.door.faults.on(2, refuses("personalizations.3.to"))
    post.door.faults.on(4, refuses("personalizations.0.to"))
    mails = mails_to(21)
    outcomes = post.send(mails)
    assert outcomes[4] == Refused("guest004", "Bad for …")
    assert outcomes[:4] + outcomes[5:] == accepted(mails[:4] + mails[5:])
    assert post.sizes == [1, 20, 19, 1]


def test_one_that_is_not_named_is_found_by_halves(post: Post, monkeypatch: Any) -> None:
    """Among 64, in at most two requests a halving."""
    reply = post.door.reply

    def fussy(asked: Any, body: bytes, fault: Any) -> Any:
        return (400, {}, b'{"errors":[{"message":"no","field":"null"}]}') if (
            b"guest033@" in body) else reply(asked, body, fault)  # fmt: skip

    monkeypatch.setattr(post.door, "reply", fussy)
    mails = mails_to(65)
    outcomes = post.send(mails)
    assert outcomes[33] == Refused("guest033", "no")
    assert len(post.arrived) == 64
    assert len(post.sizes) <= 1 + 1 + 2 * 6


def test_a_request_that_is_too_large_is_halved(post: Post) -> None:
    post.door.faults.on(2, Answers(413))
    mails = mails_to(41)
    assert post.send(mails) == accepted(mails)
    assert post.sizes == [1, 40, 20, 20]
    assert list(post.arrived) == [mail.message_id for mail in mails]


def test_what_sendgrid_would_call_too_large_is_halved_before_it_goes(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mail.senders.sendgrid.sender.LARGEST_REQUEST", 12_000)
    mails = mails_to(41)
    assert post.send(mails) == accepted(mails)
    assert len(post.sizes) > 2
    assert all(len(orjson.dumps(payload)) < 12_000 for payload in post.wire.heard)


def test_one_mail_that_is_too_large_is_refused(post: Post) -> None:
    post.door.faults.on(1, Answers(413))
    assert post.send([MAIL]) == [Refused("clara", "it is larger than SendGrid takes")]


def test_a_mail_beyond_all_bounds_is_refused_before_it_goes(post: Post) -> None:
    first, second = post.send([replace(MAIL, text="x" * LARGEST_MAIL), mail_to("bruno")])
    assert isinstance(first, Refused)
    assert second == Accepted("bruno")


# Answers, and none.

NOTHING_GONE = [
    (Answers(200), "sent none"),
    (Answers(302, {"Location": "https://elsewhere.example"}), "leads elsewhere"),
    (Answers(401), r"does not accept sending → sendgrid → api key \(\$SENDGRID_API_KEY\)"),
    (Answers(403), "verify the sender"),
    (Answers(404), "status 404"),
    (Answers(415), "status 415"),
    (refuses("from"), "does not take the shop's `from`"),
    (refuses("reply_to.email"), "does not take the shop's `reply_to`"),
]


@pytest.mark.parametrize("request_", [1, 2])
@pytest.mark.parametrize(("answer", "said"), NOTHING_GONE)
def test_a_no_to_all_leaves_nothing_in_doubt(
    post: Post, answer: Answers, said: str, request_: int
) -> None:
    post.door.faults.on(request_, answer)
    told, words, known = post.breaks_off(mails_to(20))
    assert told == accepted(mails_to(request_ - 1))
    assert re.search(said, words)
    assert not known.has | known.may_have


@pytest.mark.parametrize("status", [500, 502, 503, 504, 529, 201, 206])
def test_what_says_neither_yes_nor_no_leaves_its_request_in_doubt(post: Post, status: int) -> None:
    post.door.faults.on(2, Answers(status))
    mails = [*mails_to(20), *(mail_to(f"x{n}", text="Else\n") for n in range(10))]
    told, words, known = post.breaks_off(mails)
    assert told == accepted(mails[:1])
    assert "in doubt" in words
    assert known.may_have == {mail.message_id for mail in mails[1:20]}
    assert known.has == set()


def test_while_sendgrid_fails_one_mail_a_run_is_in_doubt(post: Post) -> None:
    post.door.faults.on(1, Answers(503), times=2)
    _, _, known = post.breaks_off(mails_to(200))
    assert known.may_have == {"guest000"}


NEVER = [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError]
PERHAPS = [
    httpx.WriteTimeout,
    httpx.WriteError,
    httpx.ReadTimeout,
    httpx.ReadError,
    httpx.RemoteProtocolError,
    ValueError,
]


@pytest.mark.parametrize("error", NEVER)
def test_without_a_connection_nothing_is_in_doubt(post: Post, error: type[Exception]) -> None:
    post.wire.breaks[2] = error("to clara@example.com")
    _, words, known = post.breaks_off(mails_to(20))
    assert "cannot be reached" in words
    assert not known.has | known.may_have


@pytest.mark.parametrize("error", PERHAPS)
def test_once_a_request_has_begun_it_is_in_doubt(post: Post, error: type[Exception]) -> None:
    post.wire.breaks[2] = error("to clara@example.com")
    _, words, known = post.breaks_off(mails_to(20))
    assert "in doubt" in words
    assert "clara" not in words
    assert known.may_have == {mail.message_id for mail in mails_to(20)[1:]}


def test_what_was_taken_before_its_turn_to_be_told_is_remembered(post: Post) -> None:
    """Ours and others by turns: two requests; the second breaks, and the first has gone."""
    ours, other = mails_to(10), [mail_to(f"x{n}", text="Else\n") for n in range(10)]
    mixed = [one for pair in zip(ours, other, strict=True) for one in pair]
    post.wire.breaks[3] = httpx.ReadTimeout("")
    told, _, known = post.breaks_off(mixed)
    assert told == accepted(mixed[:2])
    assert known.has == set(post.arrived) - {"guest000", "x0"}
    assert known.may_have == {mail.message_id for mail in ours[1:]}


def test_an_answer_without_an_end_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = 0

    def for_ever() -> Iterator[bytes]:
        nonlocal read
        while read < 10_000_000:
            read += 10_000
            yield b"x" * 10_000

    post = Post(tmp_path)
    monkeypatch.setattr(
        post.wire, "handle_request", lambda _: httpx.Response(400, content=for_ever())
    )
    assert post.send([MAIL]) == [Refused("clara", "no reason was given")]
    assert read < 100_000


# Slow down.


def test_it_waits_until_the_moment_that_sendgrid_names(post: Post) -> None:
    post.door.faults.on(1, Answers(429, {"X-RateLimit-Reset": f"{NOW + 30:.0f}"}))
    assert post.send([MAIL]) == [Accepted("clara")]
    assert len(post.slept) == 1
    assert 30 < post.slept[0] <= 31


def test_without_a_moment_it_waits_longer_each_time(post: Post) -> None:
    post.door.faults.on(1, Answers(429), times=3)
    assert post.send([MAIL]) == [Accepted("clara")]
    assert [0.5 * 2**n <= pause <= 2**n for n, pause in enumerate(post.slept)] == [True] * 3


@pytest.mark.parametrize("reset", [f"{NOW + 3600:.0f}", "9" * 11, "", "soon"])
def test_it_does_not_wait_for_ever(post: Post, reset: str) -> None:
    post.door.faults.on(1, Answers(429, {"X-RateLimit-Reset": reset}), times=50)
    _, words, known = post.breaks_off(mails_to(20))
    assert "slow down" in words
    assert sum(post.slept) <= 120
    assert not known.has | known.may_have


def test_all_the_waiting_of_a_delivery_has_one_end(post: Post) -> None:
    for request in range(1, 12, 2):
        post.door.faults.on(request, Answers(429, {"X-RateLimit-Reset": f"{NOW + 50:.0f}"}))
    told, _, _ = post.breaks_off([mail_to(f"x{n}", html="<p>\n" * (n + 1)) for n in range(6)])
    assert told == [Accepted("x0"), Accepted("x1")]
    assert sum(post.slept) <= 120


def test_a_moment_that_has_passed_is_a_moments_pause(post: Post) -> None:
    post.door.faults.on(1, Answers(429, {"X-RateLimit-Reset": f"{NOW - 5:.0f}"}))
    post.send([MAIL])
    assert 0 < post.slept[0] <= 1


# What nobody may read.


def test_neither_key_nor_addresses_are_written_into_the_log(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    post.door.faults.on(2, refuses("personalizations.0"))
    post.send(mails_to(10))
    _, words, _ = Post(post.folder / "other", key="SG.wrong").breaks_off([MAIL])
    for secret in (API_KEY, "SG.wrong", "@example.com", "Guest001"):
        assert secret not in caplog.text + words


def test_the_sender_shows_no_key(post: Post) -> None:
    assert API_KEY not in repr(post.sender()) + repr(post.sender().__dict__)
