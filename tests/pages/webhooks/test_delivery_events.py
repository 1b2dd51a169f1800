"""The address where SendGrid tells what became of mails."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy import event as sa_event
from sqlmodel import col

from mail.senders.sendgrid.webhook_signature import Signature
from pages.webhooks import delivery_events
from settings.errors import OwnersFileTrouble
from shop.tables import MailEvent, Message, Suppression
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.pages.visitors import STRANGER, Open, event, impatient, public_key, signed, with_sendgrid


@pytest.fixture
def hears(mailed: Open) -> Open:
    return with_sendgrid(mailed.cafe)


def states(opened: Open) -> set[tuple[str, str]]:
    return set(opened.cafe.all(col(Message.to_address), col(Message.state)))


def kept(opened: Open) -> list[str]:
    return sorted(opened.cafe.all(col(MailEvent.kind)))


def as_sent(opened: Open) -> None:
    from sqlalchemy import update

    from shop.db.engine import writing

    with writing(opened.cafe.engine) as connection:
        connection.execute(update(Message).values(state="sent"))


def test_what_is_told_is_kept_and_acted_upon(hears: Open) -> None:
    as_sent(hears)
    clara, bruno = hears.message("clara"), hears.message("bruno")
    told = [
        event(clara, "processed"),
        event(clara, "spamreport"),
        event(bruno, "bounce", type="bounce", email="bruno@example.com"),
    ]
    assert hears.hears(told).status_code == 200
    assert kept(hears) == ["accepted", "bounced", "complained"]
    assert states(hears) == {
        ("ana@example.com", "sent"),
        ("bruno@example.com", "bounced"),
        ("clara@example.com", "complained"),
    }
    assert set(hears.cafe.all(col(Suppression.address), col(Suppression.reason))) == {
        ("bruno@example.com", "hard bounce"),
        ("clara@example.com", "complaint"),
    }
    hears.cafe.run(MARCH + DAY)
    assert [name for name in hears.cafe.mailed() if name != "ana"] == ["bruno", "clara"]


def test_what_is_told_again_adds_nothing(hears: Open) -> None:
    told = [event(hears.message("clara"), "delivered"), event(hears.message("ana"), "open")]
    for _ in range(3):
        assert hears.hears(told).status_code == 200
    assert kept(hears) == ["delivered", "opened"]
    hears.watch.now = MARCH + 30 * DAY  # a signature holds however old it is
    assert hears.hears(told).status_code == 200
    assert len(kept(hears)) == 2


def test_an_unsubscribe_at_sendgrid_is_a_no(hears: Open) -> None:
    hears.watch.now = MARCH + HOUR
    hears.hears([event(hears.message("clara"), "unsubscribe")])
    hears.cafe.run(MARCH + DAY)
    assert hears.cafe.mailed().count("clara") == 1


def test_a_dropped_mail_has_failed_and_its_address_is_dead(hears: Open) -> None:
    as_sent(hears)
    hears.hears([event(hears.message("clara"), "dropped", reason="Bounced Address")])
    assert ("clara@example.com", "failed") in states(hears)
    assert hears.cafe.all(col(Suppression.address)) == ["clara@example.com"]


def test_of_the_mails_of_others_nothing_is_kept(hears: Open) -> None:
    told = [event("of another shop", "bounce"), event(None, "spamreport"), "no event", 7]
    assert hears.hears(told).status_code == 200
    assert kept(hears) == []
    assert hears.cafe.all(of=Suppression) == []


def test_a_click_a_moment_after_an_earlier_delivery_is_a_machines(hears: Open) -> None:
    clara = hears.message("clara")
    hears.hears([event(clara, "delivered")])
    hears.watch.now = MARCH + HOUR
    late = int(MARCH.timestamp()) + 600
    hears.hears([event(clara, "click", "a"), event(clara, "click", "b", timestamp=late)])
    clicks = [one for one in hears.cafe.all(col(MailEvent.key), col(MailEvent.by_machine))
              if one[0] in "ab"]  # fmt: skip
    assert sorted(clicks) == [("a", True), ("b", False)]


FORGED: dict[str, Any] = {
    "no signature": {"X-Twilio-Email-Event-Webhook-Signature": ""},
    "no time": {"X-Twilio-Email-Event-Webhook-Timestamp": ""},
    "another time": {"X-Twilio-Email-Event-Webhook-Timestamp": "1"},
    "a time that is none": {"X-Twilio-Email-Event-Webhook-Timestamp": "²"},
    "no base64": {"X-Twilio-Email-Event-Webhook-Signature": "é&%"},
    "a short one": {"X-Twilio-Email-Event-Webhook-Signature": "AAAA"},
    "somebody else's": signed(b"[]", STRANGER),
    "of another body": signed(b"[1]"),
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED.keys())
def test_what_is_not_signed_by_sendgrid_is_not_kept(hears: Open, headers: dict[str, str]) -> None:
    encoded = {name: value.encode() for name, value in headers.items()}
    answer = hears.hears([event(hears.message("clara"), "spamreport")], headers=encoded)
    assert answer.status_code == 401
    assert kept(hears) == []


def test_who_keeps_coming_unsigned_has_to_wait_and_nobody_else(hears: Open) -> None:
    wrong = signed(b"[]", STRANGER)
    answers = [hears.hears([], headers=wrong).status_code for _ in range(22)]
    assert answers == [401] * 20 + [429] * 2
    hears.visit.address = "198.51.100.9"
    assert hears.hears([]).status_code == 200


@pytest.mark.parametrize("body", [b"", b"[", b'{"event":"open"}', b"null", b"[" * 100_000])
def test_what_is_signed_and_no_list_is_refused(hears: Open, body: bytes) -> None:
    assert hears.hears(None, body=body).status_code == 400


def test_bytes_that_are_no_text_are_not_signed(hears: Open) -> None:
    assert hears.hears(None, body=b'["\xff"]').status_code == 401


@pytest.mark.parametrize("chunked", [False, True])
def test_what_is_too_large_is_refused_unread(hears: Open, chunked: bool) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 65_536

    length = {} if chunked else {"content-length": "5000001"}
    answer = hears.visit("POST", "/hooks/sendgrid", body=endless(), headers=length)
    assert answer.status_code == 413
    assert read <= (78 if chunked else 1)


def test_what_takes_too_long_is_refused(hears: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    monkeypatch.setattr(delivery_events, "SLOWEST", 0.05)

    async def slow() -> AsyncIterator[bytes]:
        yield b"["
        await asyncio.sleep(5)

    assert hears.visit("POST", "/hooks/sendgrid", body=slow()).status_code == 408


def test_without_a_key_nobody_is_heard(mailed: Open) -> None:
    assert mailed.hears([event(mailed.message("clara"), "spamreport")]).status_code == 404
    assert kept(mailed) == []


def test_only_what_is_told_is_heard(hears: Open) -> None:
    for method in ("GET", "PUT"):
        assert hears.visit(method, "/hooks/sendgrid").status_code == 405
    assert hears.visit("OPTIONS", "/hooks/sendgrid").headers["allow"] == "OPTIONS, POST"


def test_a_thousand_events_are_one_transaction(hears: Open) -> None:
    as_sent(hears)
    mails = [hears.message(name) for name in ("ana", "bruno", "clara")]
    told = [event(mails[n % 3], "open", f"open-{n}") for n in range(1000)]
    writes: list[object] = []

    def wrote(connection: object) -> None:
        writes.append(connection)

    sa_event.listen(hears.cafe.engine, "commit", wrote)
    started = time.perf_counter()
    assert hears.hears(told).status_code == 200
    assert time.perf_counter() - started < 10
    sa_event.remove(hears.cafe.engine, "commit", wrote)
    assert len(writes) == 1
    assert kept(hears) == ["opened"] * 1000


def test_while_the_database_is_busy_it_is_to_be_told_again(sqlite: Engine, tmp_path: Path) -> None:
    cafe = Cafe(sqlite, tmp_path, "")
    hears = with_sendgrid(cafe)
    impatient(sqlite)
    with sqlite.connect() as busy:
        busy.execute(text("UPDATE customers SET id = id"))
        assert hears.hears([]).status_code == 503
    assert hears.hears([]).status_code == 200


RSA = (
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8Qu"
    "KUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ=="
)


@pytest.mark.parametrize("key", ["x", "", " ", "é", RSA, public_key()[:-8]])
def test_a_key_that_is_none_is_said_at_once(key: str) -> None:
    with pytest.raises(OwnersFileTrouble, match="webhook key is no key"):
        Signature(key)


def test_a_key_with_line_breaks_is_the_same_key() -> None:
    key = public_key()
    assert Signature(f"{key[:64]}\n{key[64:]}\n").holds(b"[]", signed_lower(b"[]"))


def signed_lower(body: bytes) -> dict[str, str]:
    return dict(signed(body))


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(body=st.binary(max_size=300), stamp=st.text(max_size=30), signature=st.text(max_size=120))
def test_no_signature_and_no_body_make_it_stumble(body: bytes, stamp: str, signature: str) -> None:
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": signature,
        "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
    }
    assert not Signature(public_key()).holds(body, headers)
