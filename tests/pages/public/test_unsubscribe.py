"""The unsubscribe page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlmodel import col

from engine.run import run_tick
from mail.message.signed_links import unsubscribe_token
from shop.tables import Message
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.examples import examples
from tests.pages.visitors import OpenPages, distinct_pages, fail_fast_when_busy, visible_text
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


def test_looking_changes_nothing(pages_after_mail: OpenPages) -> None:
    page = pages_after_mail.visit("GET", f"/u/{pages_after_mail.token('clara')}")
    assert page.status_code == 200
    assert "Do you want no more emails from Corner Café?" in visible_text(page.text)
    assert (
        pages_after_mail.visit("HEAD", f"/u/{pages_after_mail.token('clara')}").status_code == 200
    )
    assert (
        pages_after_mail.visit("OPTIONS", f"/u/{pages_after_mail.token('clara')}").status_code
        == 204
    )
    assert pages_after_mail.opt_outs() == []


@pytest.mark.parametrize(("body", "kind"), ONE_CLICK.values(), ids=ONE_CLICK.keys())
def test_one_click_unsubscribes_whatever_its_body(
    pages_after_mail: OpenPages, body: bytes, kind: str
) -> None:
    done = pages_after_mail.visit(
        "POST", f"/u/{pages_after_mail.token('clara')}", body=body, headers={"content-type": kind}
    )
    assert (done.status_code, done.history) == (200, [])
    assert "set-cookie" not in done.headers
    mail = pages_after_mail.message("clara")
    assert pages_after_mail.opt_outs() == [
        (
            "unsubscribe-page",
            "the customer",
            f"one click in the mail program (RFC 8058), from mail {mail}",
            "List-Unsubscribe=One-Click",
        )
    ]


def test_the_button_keeps_what_the_page_said(pages_after_mail: OpenPages) -> None:
    done = pages_after_mail.visit("POST", f"/u/{pages_after_mail.token('clara')}?by=page")
    assert "Corner Café will not write to you again" in visible_text(done.text)
    [(_, _, evidence, wording)] = pages_after_mail.opt_outs()
    assert evidence.startswith("the button on the unsubscribe page")
    assert wording == ("Corner Café\n\nDo you want no more emails from Corner Café?\n\nUnsubscribe")


def test_the_next_mail_does_not_go(pages_after_mail: OpenPages) -> None:
    pages_after_mail.clock.now = MARCH + HOUR
    pages_after_mail.visit("POST", f"/u/{pages_after_mail.token('clara')}")
    pages_after_mail.cafe.run(MARCH + DAY)
    assert sorted(pages_after_mail.cafe.mailed_names()) == ["ana", "ana", "bruno", "bruno", "clara"]


def test_what_is_queued_already_does_not_go(open_pages: OpenPages) -> None:
    run_tick(open_pages.cafe.shop, now=MARCH, with_delivery=False)
    assert len(open_pages.cafe.select_all(col(Message.state))) == 3
    open_pages.visit("POST", f"/u/{open_pages.token('clara', 'an older mail')}")
    open_pages.cafe.run(MARCH)
    assert sorted(open_pages.cafe.mailed_names()) == ["ana", "bruno"]
    assert "said no" in open_pages.cafe.select_all(col(Message.reason))


def test_pressing_twice_is_one_opt_out(pages_after_mail: OpenPages) -> None:
    for _ in range(3):
        assert (
            pages_after_mail.visit("POST", f"/u/{pages_after_mail.token('clara')}").status_code
            == 200
        )
        pages_after_mail.clock.now += SECOND
    assert len(pages_after_mail.opt_outs()) == 1


def test_an_opt_out_after_a_newer_opt_in_counts_again(pages_after_mail: OpenPages) -> None:
    pages_after_mail.visit("POST", f"/u/{pages_after_mail.token('clara')}")
    pages_after_mail.cafe.record_consent("clara", "yes", MARCH + SECOND)
    pages_after_mail.clock.now = MARCH + 2 * SECOND
    pages_after_mail.visit("POST", f"/u/{pages_after_mail.token('clara')}")
    pages_after_mail.cafe.run(MARCH + DAY)
    assert pages_after_mail.cafe.mailed_names().count("clara") == 1


def test_a_newer_opt_in_lifts_an_opt_out(pages_after_mail: OpenPages) -> None:
    pages_after_mail.visit("POST", f"/u/{pages_after_mail.token('clara')}")
    pages_after_mail.cafe.record_consent("clara", "yes", MARCH + HOUR)
    pages_after_mail.cafe.run(MARCH + DAY)
    assert pages_after_mail.cafe.mailed_names().count("clara") == 2


def test_the_link_of_an_old_mail_finds_the_merged_customer(pages_after_mail: OpenPages) -> None:
    pages_after_mail.cafe.arrive(identities=[identity("17", phone="+351912345678")])
    old = pages_after_mail.token("17", "a mail from before")
    pages_after_mail.cafe.arrive(
        identities=[
            identity("clara", email="clara@example.com", phone="+351912345678", version=3),
        ]
    )
    assert pages_after_mail.customer("17") == pages_after_mail.customer("clara")
    assert pages_after_mail.visit("POST", f"/u/{old}").status_code == 200
    pages_after_mail.cafe.run(MARCH + DAY)
    assert pages_after_mail.cafe.mailed_names().count("clara") == 1


def test_every_invalid_link_gets_the_same_response(pages_after_mail: OpenPages) -> None:
    good = pages_after_mail.token("clara")
    unknown_customer = unsubscribe_token(pages_after_mail.cafe.shop.secret, 4711, "3f9c21ab")
    forged = unsubscribe_token("another secret", pages_after_mail.customer("clara"), "3f9c21ab")
    for method in ("GET", "POST"):
        responses = [
            pages_after_mail.visit(method, f"/u/{token}")
            for token in (
                good[:-1],
                good[:20],
                forged,
                unknown_customer,
                f"{good}/",
                "x" * 5000,
                "%00",
                "1.é.x",
            )
        ]
        assert {response.status_code for response in responses} == {404}
        assert len(distinct_pages(responses)) == 1
        assert "ana@cornercafe.example" in responses[0].text
    assert pages_after_mail.opt_outs() == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_other_methods_are_refused(pages_after_mail: OpenPages, method: str) -> None:
    response = pages_after_mail.visit(method, f"/u/{pages_after_mail.token('clara')}")
    assert response.status_code == 405
    assert "POST" in response.headers["allow"]
    assert pages_after_mail.opt_outs() == []


def test_pages_are_not_cached_framed_indexed_or_extended(
    pages_after_mail: OpenPages,
) -> None:
    for path in (f"/u/{pages_after_mail.token('clara')}", "/u/nonsense", "/elsewhere"):
        page = pages_after_mail.visit("GET", path)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        assert "noindex" in page.headers["x-robots-tag"]
        assert "http" not in page.text
        assert "<script" not in page.text


def test_who_holds_a_link_is_never_asked_to_wait(pages_after_mail: OpenPages) -> None:
    # Mail services send one-click requests for thousands of people from a few addresses.
    responses = [pages_after_mail.visit("POST", "/u/guess").status_code for _ in range(30)]
    assert responses == [404] * 20 + [429] * 10
    assert (
        pages_after_mail.visit("POST", f"/u/{pages_after_mail.token('clara')}").status_code == 200
    )
    pages_after_mail.visit.address = "198.51.100.9"
    assert pages_after_mail.visit("POST", "/u/guess").status_code == 404


def test_a_body_that_never_ends_does_not_hold_up_a_no(pages_after_mail: OpenPages) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65_536

    done = pages_after_mail.visit("POST", f"/u/{pages_after_mail.token('clara')}", body=endless())
    assert done.status_code == 200
    assert len(pages_after_mail.opt_outs()) == 1


def test_while_the_database_is_busy_it_may_be_pressed_again(sqlite: Engine, tmp_path: Path) -> None:
    cafe = Cafe(sqlite, tmp_path, "")
    cafe.customer("clara")
    open_pages = OpenPages(cafe)
    fail_fast_when_busy(sqlite)
    with sqlite.connect() as busy:
        busy.execute(text("UPDATE customers SET id = id"))
        response = open_pages.visit("POST", f"/u/{open_pages.token('clara')}")
        assert (response.status_code, response.headers["retry-after"]) == (503, "60")
        assert "try again" in visible_text(response.text)
    assert open_pages.visit("POST", f"/u/{open_pages.token('clara')}").status_code == 200


def test_the_shops_own_template_is_rendered(pages_after_mail: OpenPages) -> None:
    _write_own_page(
        pages_after_mail,
        "unsubscribe",
        '<form method="post" action="?by=page">Tschüss, {{ shop.name }}?',
    )
    reopened = OpenPages(pages_after_mail.cafe)
    assert "Tschüss, Corner Café?" in reopened.visit("GET", f"/u/{reopened.token('clara')}").text
    reopened.visit("POST", f"/u/{reopened.token('clara')}?by=page")
    assert reopened.opt_outs()[0][3] == "Tschüss, Corner Café?"


@pytest.mark.parametrize("broken", ["no button at all", "{{ nonsense }}", "{% if %}", "{{ 1/0 }}"])
def test_a_broken_template_of_the_shop_falls_back_to_the_packaged_page(
    pages_after_mail: OpenPages, broken: str
) -> None:
    _write_own_page(pages_after_mail, "unsubscribe", broken)
    reopened = OpenPages(pages_after_mail.cafe)
    page = reopened.visit("GET", f"/u/{reopened.token('clara')}")
    assert "Do you want no more emails" in visible_text(page.text)


def _write_own_page(open_pages: OpenPages, name: str, text: str) -> None:
    folder = open_pages.cafe.path.parent / "templates" / "pages"
    folder.mkdir(parents=True)
    (folder / f"{name}.html").write_text(text)


def test_the_health_check_answers(open_pages: OpenPages) -> None:
    response = open_pages.visit("GET", "/health")
    assert (response.status_code, response.text) == (200, "ok\n")


@pytest.mark.parametrize(
    "path", ["/", "/u", "/u/", "/u/a/b", "/hooks/sendgrid", "/docs", "//", "/.env"]
)
def test_other_paths_are_not_found(open_pages: OpenPages, path: str) -> None:
    response = open_pages.visit("GET", path)
    assert response.status_code == 404
    assert "nothing at this address" in visible_text(response.text)


hostile = settings(
    max_examples=examples(30),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)


@hostile
@given(method=st.sampled_from(["GET", "POST", "HEAD", "PUT"]), token=st.text(max_size=500))
def test_no_token_makes_it_stumble(cafe: Cafe, method: str, token: str) -> None:
    from urllib.parse import quote

    response = OpenPages(cafe).visit(method, f"/u/{quote(token, safe='')}")
    assert response.status_code in {404, 405}


@hostile
@given(body=st.binary(max_size=2000), kind=st.text(st.characters(codec="ascii", min_codepoint=32)))
def test_no_body_makes_it_stumble(cafe: Cafe, body: bytes, kind: str) -> None:
    open_pages = OpenPages(cafe)
    cafe.customer("clara")
    headers = {"content-type": kind.strip()}
    response = open_pages.visit(
        "POST", f"/u/{open_pages.token('clara')}", body=body, headers=headers
    )
    assert response.status_code == 200
