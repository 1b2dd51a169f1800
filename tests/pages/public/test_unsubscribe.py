"""The page behind the unsubscribe link."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlmodel import col

from mail.message.signed_links import unsubscribe_token
from shop.tables import Message
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.pages.visitors import Open, impatient, visible, words_of
from tests.rows import identity

ONE_CLICK = {
    "a form": (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
    "a form in parts": (
        b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--',
        "multipart/form-data; boundary=x",
    ),
    "nothing": (b"", ""),
    "something else": (b"\xff\x00{", "application/json"),
    "far too much": (b"x" * 3_000_000, "text/plain"),
}


def test_looking_changes_nothing(mailed: Open) -> None:
    page = mailed.visit("GET", f"/u/{mailed.token('clara')}")
    assert page.status_code == 200
    assert "Do you want no more emails from Corner Café?" in visible(page.text)
    assert mailed.visit("HEAD", f"/u/{mailed.token('clara')}").status_code == 200
    assert mailed.visit("OPTIONS", f"/u/{mailed.token('clara')}").status_code == 204
    assert mailed.noes() == []


@pytest.mark.parametrize(("body", "kind"), ONE_CLICK.values(), ids=ONE_CLICK.keys())
def test_one_click_unsubscribes_whatever_its_body(mailed: Open, body: bytes, kind: str) -> None:
    done = mailed.visit(
        "POST", f"/u/{mailed.token('clara')}", body=body, headers={"content-type": kind}
    )
    assert (done.status_code, done.history) == (200, [])
    assert "set-cookie" not in done.headers
    mail = mailed.message("clara")
    assert mailed.noes() == [
        (
            "unsubscribe-page",
            "the customer",
            f"one click in the mail program (RFC 8058), from mail {mail}",
            "List-Unsubscribe=One-Click",
        )
    ]


def test_the_button_keeps_what_the_page_said(mailed: Open) -> None:
    done = mailed.visit("POST", f"/u/{mailed.token('clara')}?by=page")
    assert "Corner Café writes to you no more" in visible(done.text)
    [(_, _, evidence, wording)] = mailed.noes()
    assert evidence.startswith("the button on the unsubscribe page")
    assert wording == ("Corner Café\n\nDo you want no more emails from Corner Café?\n\nUnsubscribe")


def test_the_next_mail_does_not_go(mailed: Open) -> None:
    mailed.watch.now = MARCH + HOUR
    mailed.visit("POST", f"/u/{mailed.token('clara')}")
    mailed.cafe.run(MARCH + DAY)
    assert sorted(mailed.cafe.mailed_names()) == ["ana", "ana", "bruno", "bruno", "clara"]


def test_what_is_queued_already_does_not_go(opened: Open) -> None:
    from engine.delivery.deliver import deliver
    from engine.run import begin, run_rule

    turn, rules = begin(opened.cafe.shop, now=MARCH)
    for rule in rules:
        run_rule(opened.cafe.shop, rule, turn)
    assert len(opened.cafe.select_all(col(Message.state))) == 3
    opened.visit("POST", f"/u/{opened.token('clara', 'an older mail')}")
    deliver(opened.cafe.shop, turn)
    assert sorted(opened.cafe.mailed_names()) == ["ana", "bruno"]
    assert "said no" in opened.cafe.select_all(col(Message.reason))


def test_pressing_twice_is_one_no(mailed: Open) -> None:
    for _ in range(3):
        assert mailed.visit("POST", f"/u/{mailed.token('clara')}").status_code == 200
        mailed.watch.now += SECOND
    assert len(mailed.noes()) == 1


def test_a_no_after_another_yes_is_a_no_again(mailed: Open) -> None:
    mailed.visit("POST", f"/u/{mailed.token('clara')}")
    mailed.cafe.record_consent("clara", "yes", MARCH + SECOND)
    mailed.watch.now = MARCH + 2 * SECOND
    mailed.visit("POST", f"/u/{mailed.token('clara')}")
    mailed.cafe.run(MARCH + DAY)
    assert mailed.cafe.mailed_names().count("clara") == 1


def test_a_newer_yes_of_hers_lifts_it(mailed: Open) -> None:
    mailed.visit("POST", f"/u/{mailed.token('clara')}")
    mailed.cafe.record_consent("clara", "yes", MARCH + HOUR)
    mailed.cafe.run(MARCH + DAY)
    assert mailed.cafe.mailed_names().count("clara") == 2


def test_the_link_of_an_old_mail_finds_who_they_are_today(mailed: Open) -> None:
    mailed.cafe.arrive(identities=[identity("17", phone="+351912345678")])
    old = mailed.token("17", "a mail from before")
    mailed.cafe.arrive(
        identities=[
            identity("clara", email="clara@example.com", phone="+351912345678", version=3),
        ]
    )
    assert mailed.customer("17") == mailed.customer("clara")
    assert mailed.visit("POST", f"/u/{old}").status_code == 200
    mailed.cafe.run(MARCH + DAY)
    assert mailed.cafe.mailed_names().count("clara") == 1


def test_what_is_no_link_of_ours_is_told_alike(mailed: Open) -> None:
    good = mailed.token("clara")
    nobody = unsubscribe_token(mailed.cafe.shop.secret, 4711, "3f9c21ab")
    forged = unsubscribe_token("another secret", mailed.customer("clara"), "3f9c21ab")
    for method in ("GET", "POST"):
        answers = [
            mailed.visit(method, f"/u/{token}")
            for token in (
                good[:-1],
                good[:20],
                forged,
                nobody,
                f"{good}/",
                "x" * 5000,
                "%00",
                "1.é.x",
            )
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len(words_of(answers)) == 1
        assert "ana@cornercafe.example" in answers[0].text
    assert mailed.noes() == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_other_methods_are_refused(mailed: Open, method: str) -> None:
    answer = mailed.visit(method, f"/u/{mailed.token('clara')}")
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]
    assert mailed.noes() == []


def test_nothing_of_the_page_is_kept_framed_followed_or_fetched(mailed: Open) -> None:
    for path in (f"/u/{mailed.token('clara')}", "/u/nonsense", "/elsewhere"):
        page = mailed.visit("GET", path)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        assert "noindex" in page.headers["x-robots-tag"]
        assert "http" not in page.text
        assert "<script" not in page.text


def test_who_holds_a_link_is_never_asked_to_wait(mailed: Open) -> None:
    # A mail service presses for thousands of people from a few addresses.
    answers = [mailed.visit("POST", "/u/guess").status_code for _ in range(30)]
    assert answers == [404] * 20 + [429] * 10
    assert mailed.visit("POST", f"/u/{mailed.token('clara')}").status_code == 200
    mailed.visit.address = "198.51.100.9"
    assert mailed.visit("POST", "/u/guess").status_code == 404


def test_a_body_that_never_ends_does_not_hold_up_a_no(mailed: Open) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65_536

    done = mailed.visit("POST", f"/u/{mailed.token('clara')}", body=endless())
    assert done.status_code == 200
    assert len(mailed.noes()) == 1


def test_while_the_database_is_busy_it_may_be_pressed_again(sqlite: Engine, tmp_path: Path) -> None:
    cafe = Cafe(sqlite, tmp_path, "")
    cafe.customer("clara")
    opened = Open(cafe)
    impatient(sqlite)
    with sqlite.connect() as busy:
        busy.execute(text("UPDATE customers SET id = id"))
        answer = opened.visit("POST", f"/u/{opened.token('clara')}")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert "try again" in visible(answer.text)
    assert opened.visit("POST", f"/u/{opened.token('clara')}").status_code == 200


def test_the_shops_own_page_is_shown(mailed: Open) -> None:
    _own(mailed, "unsubscribe", '<form method="post" action="?by=page">Tschüss, {{ shop.name }}?')
    again = Open(mailed.cafe)
    assert "Tschüss, Corner Café?" in again.visit("GET", f"/u/{again.token('clara')}").text
    again.visit("POST", f"/u/{again.token('clara')}?by=page")
    assert again.noes()[0][3] == "Tschüss, Corner Café?"


@pytest.mark.parametrize("broken", ["no button at all", "{{ nonsense }}", "{% if %}", "{{ 1/0 }}"])
def test_a_broken_page_of_the_shops_own_keeps_nobody(mailed: Open, broken: str) -> None:
    _own(mailed, "unsubscribe", broken)
    again = Open(mailed.cafe)
    page = again.visit("GET", f"/u/{again.token('clara')}")
    assert "Do you want no more emails" in visible(page.text)


def _own(opened: Open, name: str, text: str) -> None:
    folder = opened.cafe.path.parent / "templates" / "pages"
    folder.mkdir(parents=True)
    (folder / f"{name}.html").write_text(text)


def test_it_is_well(opened: Open) -> None:
    answer = opened.visit("GET", "/health")
    assert (answer.status_code, answer.text) == (200, "ok\n")


@pytest.mark.parametrize(
    "path", ["/", "/u", "/u/", "/u/a/b", "/hooks/sendgrid", "/docs", "//", "/.env"]
)
def test_elsewhere_is_nothing(opened: Open, path: str) -> None:
    answer = opened.visit("GET", path)
    assert answer.status_code == 404
    assert "nothing at this address" in visible(answer.text)


hostile = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@hostile
@given(method=st.sampled_from(["GET", "POST", "HEAD", "PUT"]), token=st.text(max_size=500))
def test_no_token_makes_it_stumble(cafe: Cafe, method: str, token: str) -> None:
    from urllib.parse import quote

    answer = Open(cafe).visit(method, f"/u/{quote(token, safe='')}")
    assert answer.status_code in {404, 405}


@hostile
@given(body=st.binary(max_size=2000), kind=st.text(st.characters(codec="ascii", min_codepoint=32)))
def test_no_body_makes_it_stumble(cafe: Cafe, body: bytes, kind: str) -> None:
    opened = Open(cafe)
    cafe.customer("clara")
    headers = {"content-type": kind.strip()}
    answer = opened.visit("POST", f"/u/{opened.token('clara')}", body=body, headers=headers)
    assert answer.status_code == 200
