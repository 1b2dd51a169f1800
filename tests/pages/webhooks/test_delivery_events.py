"""The webhook of SendGrid, over HTTP."""

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

from mail.senders.sendgrid.webhook_signature import WebhookSignature
from pages.webhooks import delivery_events
from settings.errors import OwnerFileError
from shop.tables import MailEvent, Message, Suppression
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.examples import examples
from tests.pages.visitors import (
    OTHER_KEY,
    OpenPages,
    event,
    fail_fast_when_busy,
    public_key,
    signed,
    with_sendgrid,
)


@pytest.fixture
def shop(pages_after_mail: OpenPages) -> OpenPages:
    return with_sendgrid(pages_after_mail.cafe)


def states(opened: OpenPages) -> set[tuple[str, str]]:
    return set(opened.cafe.select_all(col(Message.to_address), col(Message.state)))


def stored_kinds(opened: OpenPages) -> list[str]:
    return sorted(opened.cafe.select_all(col(MailEvent.kind)))


def mark_sent(opened: OpenPages) -> None:
    from sqlalchemy import update

    from shop.db.engine import write_transaction

    with write_transaction(opened.cafe.engine) as connection:
        connection.execute(update(Message).values(state="sent"))


def test_events_are_stored_and_acted_upon(shop: OpenPages) -> None:
    mark_sent(shop)
    clara, bruno = shop.message("clara"), shop.message("bruno")
    events = [
        event(clara, "processed"),
        event(clara, "spamreport"),
        event(bruno, "bounce", type="bounce", email="bruno@example.com"),
    ]
    assert shop.post_events(events).status_code == 200
    assert stored_kinds(shop) == ["accepted", "bounced", "complained"]
    assert states(shop) == {
        ("ana@example.com", "sent"),
        ("bruno@example.com", "bounced"),
        ("clara@example.com", "complained"),
    }
    assert set(shop.cafe.select_all(col(Suppression.address), col(Suppression.reason))) == {
        ("bruno@example.com", "hard bounce"),
        ("clara@example.com", "complaint"),
    }
    shop.cafe.run(MARCH + DAY)
    assert [name for name in shop.cafe.mailed_names() if name != "ana"] == ["bruno", "clara"]


def test_repeated_events_add_nothing(shop: OpenPages) -> None:
    events = [event(shop.message("clara"), "delivered"), event(shop.message("ana"), "open")]
    for _ in range(3):
        assert shop.post_events(events).status_code == 200
    assert stored_kinds(shop) == ["delivered", "opened"]
    shop.clock.now = MARCH + 30 * DAY  # a signature does not expire
    assert shop.post_events(events).status_code == 200
    assert len(stored_kinds(shop)) == 2


def test_an_unsubscribe_at_sendgrid_is_a_no(shop: OpenPages) -> None:
    shop.clock.now = MARCH + HOUR
    shop.post_events([event(shop.message("clara"), "unsubscribe")])
    shop.cafe.run(MARCH + DAY)
    assert shop.cafe.mailed_names().count("clara") == 1


@pytest.mark.parametrize(("reason", "is_dead"), [("Invalid", True), ("Bounced Address", False)])
def test_a_dropped_mail_has_failed_and_an_invalid_address_is_dead(
    shop: OpenPages, reason: str, is_dead: bool
) -> None:
    mark_sent(shop)
    shop.post_events([event(shop.message("clara"), "dropped", reason=reason)])
    assert ("clara@example.com", "failed") in states(shop)
    dead = ["clara@example.com"] if is_dead else []
    assert shop.cafe.select_all(col(Suppression.address)) == dead


def test_of_the_mails_of_others_nothing_is_kept(shop: OpenPages) -> None:
    events = [event("of another shop", "bounce"), event(None, "spamreport"), "no event", 7]
    assert shop.post_events(events).status_code == 200
    assert stored_kinds(shop) == []
    assert shop.cafe.select_all(model=Suppression) == []


def test_a_click_a_moment_after_an_earlier_delivery_is_a_machines(shop: OpenPages) -> None:
    clara = shop.message("clara")
    shop.post_events([event(clara, "delivered")])
    shop.clock.now = MARCH + HOUR
    late = int(MARCH.timestamp()) + 600
    shop.post_events([event(clara, "click", "a"), event(clara, "click", "b", timestamp=late)])
    clicks = [row for row in shop.cafe.select_all(col(MailEvent.key), col(MailEvent.by_machine))
              if row[0] in "ab"]  # fmt: skip
    assert sorted(clicks) == [("a", True), ("b", False)]


FORGED: dict[str, Any] = {
    "no signature": {"X-Twilio-Email-Event-Webhook-Signature": ""},
    "no time": {"X-Twilio-Email-Event-Webhook-Timestamp": ""},
    "another time": {"X-Twilio-Email-Event-Webhook-Timestamp": "1"},
    "a time that is none": {"X-Twilio-Email-Event-Webhook-Timestamp": "²"},
    "no base64": {"X-Twilio-Email-Event-Webhook-Signature": "é&%"},
    "a short one": {"X-Twilio-Email-Event-Webhook-Signature": "AAAA"},
    "somebody else's": signed(b"[]", OTHER_KEY),
    "of another body": signed(b"[1]"),
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED.keys())
def test_what_is_not_signed_by_sendgrid_is_not_kept(
    shop: OpenPages, headers: dict[str, str]
) -> None:
    encoded = {name: value.encode() for name, value in headers.items()}
    answer = shop.post_events([event(shop.message("clara"), "spamreport")], headers=encoded)
    assert answer.status_code == 401
    assert stored_kinds(shop) == []


def test_unsigned_requests_are_limited_by_address(shop: OpenPages) -> None:
    forged = signed(b"[]", OTHER_KEY)
    answers = [shop.post_events([], headers=forged).status_code for _ in range(22)]
    assert answers == [401] * 20 + [429] * 2
    shop.visit.address = "198.51.100.9"
    assert shop.post_events([]).status_code == 200


@pytest.mark.parametrize("body", [b"", b"[", b'{"event":"open"}', b"null", b"[" * 100_000])
def test_what_is_signed_and_no_list_is_refused(shop: OpenPages, body: bytes) -> None:
    assert shop.post_events(None, body=body).status_code == 400


def test_bytes_that_are_no_text_are_not_signed(shop: OpenPages) -> None:
    assert shop.post_events(None, body=b'["\xff"]').status_code == 401


@pytest.mark.parametrize("chunked", [False, True])
def test_what_is_too_large_is_refused_unread(shop: OpenPages, chunked: bool) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 65_536

    length = {} if chunked else {"content-length": "5000001"}
    answer = shop.visit("POST", "/hooks/sendgrid", body=endless(), headers=length)
    assert answer.status_code == 413
    assert read <= (78 if chunked else 1)


def test_what_takes_too_long_is_refused(shop: OpenPages, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    monkeypatch.setattr(delivery_events, "MAX_BODY_SECONDS", 0.05)

    async def slow() -> AsyncIterator[bytes]:
        yield b"["
        await asyncio.sleep(5)

    assert shop.visit("POST", "/hooks/sendgrid", body=slow()).status_code == 408


def test_without_a_key_there_is_no_webhook(pages_after_mail: OpenPages) -> None:
    assert (
        pages_after_mail.post_events(
            [event(pages_after_mail.message("clara"), "spamreport")]
        ).status_code
        == 404
    )
    assert stored_kinds(pages_after_mail) == []


def test_only_post_is_allowed(shop: OpenPages) -> None:
    for method in ("GET", "PUT"):
        assert shop.visit(method, "/hooks/sendgrid").status_code == 405
    assert shop.visit("OPTIONS", "/hooks/sendgrid").headers["allow"] == "OPTIONS, POST"


def test_a_thousand_events_are_one_transaction(shop: OpenPages) -> None:
    mark_sent(shop)
    mails = [shop.message(name) for name in ("ana", "bruno", "clara")]
    events = [event(mails[n % 3], "open", f"open-{n}") for n in range(1000)]
    writes: list[object] = []

    def wrote(connection: object) -> None:
        writes.append(connection)

    sa_event.listen(shop.cafe.engine, "commit", wrote)
    started = time.perf_counter()
    assert shop.post_events(events).status_code == 200
    assert time.perf_counter() - started < 10
    sa_event.remove(shop.cafe.engine, "commit", wrote)
    assert len(writes) == 1
    assert stored_kinds(shop) == ["opened"] * 1000


def test_a_busy_database_returns_503(sqlite: Engine, tmp_path: Path) -> None:
    cafe = Cafe(sqlite, tmp_path, "")
    shop = with_sendgrid(cafe)
    fail_fast_when_busy(sqlite)
    with sqlite.connect() as busy:
        busy.execute(text("UPDATE customers SET id = id"))
        assert shop.post_events([]).status_code == 503
    assert shop.post_events([]).status_code == 200


RSA = (
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8Qu"
    "KUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ=="
)


@pytest.mark.parametrize("key", ["x", "", " ", "é", RSA, public_key()[:-8]])
def test_an_invalid_webhook_key_is_refused_at_once(key: str) -> None:
    with pytest.raises(OwnerFileError, match="webhook key is no key"):
        WebhookSignature(key)


def test_a_key_with_line_breaks_is_the_same_key() -> None:
    key = public_key()
    assert WebhookSignature(f"{key[:64]}\n{key[64:]}\n").verify(b"[]", signed_lower(b"[]"))


def signed_lower(body: bytes) -> dict[str, str]:
    return dict(signed(body))


@settings(
    max_examples=examples(20),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(body=st.binary(max_size=300), stamp=st.text(max_size=30), signature=st.text(max_size=120))
def test_no_signature_and_no_body_make_it_stumble(body: bytes, stamp: str, signature: str) -> None:
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": signature,
        "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
    }
    assert not WebhookSignature(public_key()).verify(body, headers)
