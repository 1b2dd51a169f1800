"""The sign-up page: the same response for every address, and limits against abuse."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import pytest
from sqlalchemy import Engine, update
from sqlmodel import col
from starlette.types import ASGIApp

from pages.access import redacted_request
from pages.app import create_app
from shop.consent.signups import (
    MAX_FROM_NEW_PLACES,
    MAX_PER_HOUR,
    MAX_PER_PLACE,
    PLACE_RETENTION,
    delete_unconfirmed,
)
from shop.consent.suppressions import SuppressionReason, suppress_address
from shop.db.engine import write_transaction
from shop.tables import Identity, SignUp
from tests.cafe import HOUR, MARCH, SECOND, Cafe
from tests.pages.public.signup_visitors import CHECK_MAILBOX, FORM, SIGN_UP, SignUpPages
from tests.pages.visitors import Visitor, distinct_pages, fail_fast_when_busy, visible_text

INVALID_ADDRESSES = {
    "nothing": "",
    "a name": "clara",
    "two": "clara@example.com, bruno@example.com",
    "a header in it": "clara@example.com\r\nBcc: bruno@example.com",
    "a header behind it": "clara@example.com%0aBcc: bruno@example.com",
    "a letter that looks like another": "сlara@example.com",  # Cyrillic с
    "a full width": "ｃlara@example.com",
    "half a letter": "clara\udcff@example.com",
    "markup": '"><script>alert(1)</script>@example.com',
    "too long": f"{'c' * 250}@example.com",
    "a name before it": "Clara <clara@example.com>",
}
INVALID_NAMES = ("Clara\r\nBcc: x@y.example", "<b>Clara</b>", "http://spam.example", "x" * 41, "😀")
INVALID_DAYS = (("31", "4"), ("30", "2"), ("0", "1"), ("1", "13"), ("", "9"), ("9", ""), ("١", "1"))


@pytest.fixture
def sign_up_pages(sqlite: Engine, tmp_path: Path) -> SignUpPages:
    return SignUpPages(Cafe(sqlite, tmp_path, SIGN_UP))


def test_without_sign_up_in_the_config_there_is_no_page(sqlite: Engine, tmp_path: Path) -> None:
    sign_up_pages = SignUpPages(Cafe(sqlite, tmp_path, ""))
    assert sign_up_pages.visit("GET", "/join").status_code == 404
    assert sign_up_pages.submit().status_code == 404
    assert sign_up_pages.cafe.select_all(model=SignUp) == []


def test_the_form_asks_for_what_the_owner_says_and_no_more(sign_up_pages: SignUpPages) -> None:
    full_form = sign_up_pages.visit("GET", "/join").text
    assert "Corner Café may write to me" in visible_text(full_form)
    assert "I can leave at any time" in visible_text(full_form)
    assert 'name="first_name"' in full_form
    assert 'name="month"' in full_form
    sign_up_pages.cafe.reread("sign up: {says: Cakes for me.}")
    short = SignUpPages(sign_up_pages.cafe)
    page = short.visit("GET", "/join").text
    assert "Cakes for me." in visible_text(page)
    assert "first_name" not in page
    assert "month" not in page
    short.submit(first_name="Clara", day="21", month="9")
    assert short.cafe.select_all(
        col(SignUp.first_name), col(SignUp.birthday), col(SignUp.wording)
    ) == [(None, None, "Cakes for me.")]


def test_the_answer_is_the_same_for_everybody(sign_up_pages: SignUpPages) -> None:
    sign_up_pages.cafe.customer("ana", says="yes")
    sign_up_pages.cafe.customer("bruno", says="no")
    with write_transaction(sign_up_pages.cafe.engine) as connection:
        suppress_address(
            connection, "gone@example.com", SuppressionReason.HARD_BOUNCE, None, now=MARCH
        )
    names = ("ana", "bruno", "gone", "clara", "clara")
    responses = [sign_up_pages.submit(f"{name}@example.com") for name in names]
    assert {response.status_code for response in responses} == {200}
    assert len(distinct_pages(responses)) == 1
    assert CHECK_MAILBOX in visible_text(responses[0].text)
    assert sign_up_pages.sign_ups == 5
    assert sign_up_pages.cafe.mails() == []  # no mail is sent during the request


def test_the_answer_takes_as_long_for_everybody(sign_up_pages: SignUpPages) -> None:
    """The median times of a known and an unknown address are close."""
    sign_up_pages.cafe.customer("ana", says="no")
    times_by_name: dict[str, list[float]] = {"ana": [], "clara": []}
    for _ in range(4):
        for name, times in times_by_name.items():
            started = time.perf_counter()
            sign_up_pages.submit(f"{name}@example.com")
            times.append(time.perf_counter() - started)
    ana, clara = (median(times) for times in times_by_name.values())
    assert ana < 5 * clara
    assert clara < 5 * ana


@pytest.mark.parametrize("address", INVALID_ADDRESSES.values(), ids=INVALID_ADDRESSES.keys())
def test_an_invalid_address_is_returned_with_an_error_at_its_field(
    sign_up_pages: SignUpPages, address: str
) -> None:
    from urllib.parse import quote_plus

    typed = quote_plus(address, errors="surrogatepass").encode()
    response = sign_up_pages.post(b"first_name=Clara&address=" + typed)
    assert response.status_code in (400, 422)
    assert sign_up_pages.cafe.select_all(model=SignUp) == []
    assert "<script>" not in response.text
    if response.status_code == 422:
        assert 'aria-describedby="address-wrong"' in response.text
        assert 'value="Clara"' in response.text


@pytest.mark.parametrize("name", INVALID_NAMES)
def test_an_invalid_name_is_returned(sign_up_pages: SignUpPages, name: str) -> None:
    response = sign_up_pages.submit(first_name=name)
    assert response.status_code == 422
    assert "A name has letters" in visible_text(response.text)
    assert "<b>" not in response.text
    assert 'value="clara@example.com"' in response.text
    assert sign_up_pages.cafe.select_all(model=SignUp) == []


@pytest.mark.parametrize(("day", "month"), INVALID_DAYS)
def test_an_invalid_day_is_returned(sign_up_pages: SignUpPages, day: str, month: str) -> None:
    response = sign_up_pages.submit(day=day, month=month)
    assert response.status_code == 422
    assert 'id="birthday-wrong"' in response.text
    assert sign_up_pages.cafe.select_all(model=SignUp) == []


def test_29_february_is_a_valid_birthday(sign_up_pages: SignUpPages) -> None:
    sign_up_pages.submit(day="29", month="2")
    assert sign_up_pages.cafe.select_all(col(SignUp.birthday)) == ["--02-29"]


def test_an_address_is_kept_as_its_mailbox_is_called(sign_up_pages: SignUpPages) -> None:
    sign_up_pages.submit("  Clara@EXAMPLE.com ")
    sign_up_pages.submit("ana@bücher.example.com")
    assert dict(sign_up_pages.cafe.select_all(col(SignUp.address), col(SignUp.address_key))) == {
        "Clara@example.com": "clara@example.com",
        "ana@bücher.example.com": "ana@xn--bcher-kva.example.com",
    }


def test_a_form_with_the_honeypot_filled_is_discarded(sign_up_pages: SignUpPages) -> None:
    response = sign_up_pages.submit(website="https://spam.example")
    assert CHECK_MAILBOX in visible_text(response.text)
    assert sign_up_pages.cafe.select_all(model=SignUp) == []
    assert sign_up_pages.sign_ups == 0


INVALID_BODIES = {
    "too much": (b"address=" + b"x" * 100_000, 413),
    "letters that are none": (b"address=\xff\xfe", 400),
    "too many fields": (b"&".join(b"a=1" for _ in range(50)), 400),
    "half a percent": (b"address=clara%40example.com%ff", 400),
    "another kind": (b'{"address": "clara@example.com"}', 422),
    "nothing": (b"", 422),
}


@pytest.mark.parametrize(("body", "status"), INVALID_BODIES.values(), ids=INVALID_BODIES.keys())
def test_a_body_that_is_no_form_is_refused(
    sign_up_pages: SignUpPages, body: bytes, status: int
) -> None:
    assert sign_up_pages.post(body).status_code == status
    assert sign_up_pages.cafe.select_all(model=SignUp) == []


def test_a_body_without_end_is_read_no_further_than_its_limit(sign_up_pages: SignUpPages) -> None:
    chunks = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal chunks
        while True:
            chunks += 1
            yield b"x" * 1_000

    assert sign_up_pages.visit("POST", "/join", body=endless(), headers=FORM).status_code == 413
    assert chunks < 20


def test_other_methods_are_not_done_here(sign_up_pages: SignUpPages) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        assert sign_up_pages.visit(method, "/join").status_code == 405
        assert sign_up_pages.visit(method, "/join/1.x.y").status_code == 405
    assert sign_up_pages.visit("HEAD", "/join").status_code == 200
    assert sign_up_pages.visit("OPTIONS", "/join").status_code == 204


def test_one_client_address_has_ten_attempts(sign_up_pages: SignUpPages) -> None:
    responses = [sign_up_pages.submit(f"clara{number}@example.com") for number in range(12)]
    assert [response.status_code for response in responses] == [200] * 10 + [429] * 2
    elsewhere = Visitor(sign_up_pages.visit.app, "198.51.100.4")
    assert elsewhere("POST", "/join", body=b"address=a%40example.com", headers=FORM).is_success


def submit_from(app: ASGIApp, host: str, address: str) -> int:
    body = urlencode({"address": address}).encode()
    return Visitor(app, host)("POST", "/join", body=body, headers=FORM).status_code


def confirm_all(pages: SignUpPages) -> None:
    with write_transaction(pages.cafe.engine) as connection:
        connection.execute(update(SignUp).values(confirmed_at=pages.clock.now))


def test_strangers_use_up_their_share_and_guests_still_sign_up(sign_up_pages: SignUpPages) -> None:
    """94 addresses of 94 networks closed the page for everybody."""
    app = create_app(sign_up_pages.cafe.shop, sign_up_pages.clock)
    assert submit_from(app, "198.51.100.7", "guest@example.com") == 200
    confirm_all(sign_up_pages)
    sign_up_pages.clock.now = MARCH + 2 * HOUR
    strangers = [submit_from(app, f"10.{n}.0.1", f"victim{n}@example.com") for n in range(200)]
    assert strangers == [200] * MAX_FROM_NEW_PLACES + [429] * (200 - MAX_FROM_NEW_PLACES)
    guests = [submit_from(app, f"198.51.100.{n}", f"guest{n}@example.com") for n in range(60)]
    assert guests == [200] * MAX_PER_PLACE + [429] * (60 - MAX_PER_PLACE)
    sign_up_pages.clock.now = MARCH + 3 * HOUR
    assert submit_from(app, "10.200.0.1", "late@example.com") == 200


def test_all_places_together_have_a_hundred_sign_ups_an_hour(sign_up_pages: SignUpPages) -> None:
    app = create_app(sign_up_pages.cafe.shop, sign_up_pages.clock)
    for network in range(8):
        assert submit_from(app, f"10.{network}.0.1", f"first{network}@example.com") == 200
    confirm_all(sign_up_pages)
    sign_up_pages.clock.now = MARCH + 2 * HOUR
    responses = [submit_from(app, f"10.{n % 8}.0.{n}", f"clara{n}@example.com") for n in range(200)]
    assert responses.count(200) == MAX_PER_HOUR


def test_the_256_networks_of_one_site_are_one_place(sign_up_pages: SignUpPages) -> None:
    app = create_app(sign_up_pages.cafe.shop, sign_up_pages.clock)
    responses = [
        submit_from(app, f"2001:db8:1:{n:x}::1", f"victim{n}@example.com") for n in range(60)
    ]
    assert responses.count(200) == 10  # the first are of one /56, which is one client


def test_no_network_address_is_stored(sign_up_pages: SignUpPages) -> None:
    sign_up_pages.submit()
    [place] = sign_up_pages.cafe.select_all(col(SignUp.place))
    assert re.fullmatch("[0-9a-f]{16}", place)
    with write_transaction(sign_up_pages.cafe.engine) as connection:
        connection.execute(update(SignUp).values(confirmed_at=MARCH))
        delete_unconfirmed(connection, now=MARCH + PLACE_RETENTION + HOUR)
    assert sign_up_pages.cafe.select_all(col(SignUp.place)) == [None]


def test_a_busy_database_says_try_again_and_keeps_nothing(
    sign_up_pages: SignUpPages, sqlite: Engine, tmp_path: Path
) -> None:
    fail_fast_when_busy(sqlite)
    with write_transaction(sqlite):
        response = sign_up_pages.submit()
    assert response.status_code == 503
    assert sign_up_pages.cafe.select_all(model=SignUp) == []


def test_no_address_and_no_token_is_in_the_log() -> None:
    assert redacted_request("POST", "/join") == "POST /join"
    assert redacted_request("GET", "/join/1.abc.def") == "GET /join/…"


def test_the_shops_own_template_is_used_unless_it_lacks_a_form(
    sign_up_pages: SignUpPages,
) -> None:
    own = sign_up_pages.cafe.path.parent / "templates" / "pages"
    own.mkdir(parents=True)
    (own / "join.html").write_text('<form method="post" action="?">Olá, {{ says }}</form>')
    (own / "join-confirm.html").write_text("<p>Nothing to press.</p>")
    sign_up_pages = SignUpPages(sign_up_pages.cafe)
    assert "Olá, Corner Café" in sign_up_pages.visit("GET", "/join").text
    sign_up_pages.submit()
    sign_up_pages.send_confirmations()
    assert "Yes, I do" in sign_up_pages.visit("GET", sign_up_pages.link()).text


def test_an_unconfirmed_sign_up_creates_no_customer(sign_up_pages: SignUpPages) -> None:
    sign_up_pages.submit(first_name="Clara")
    sign_up_pages.clock.now = MARCH + SECOND
    sign_up_pages.send_confirmations()
    assert sign_up_pages.cafe.select_all(model=Identity) == []
