"""The sign-up page: the same answer to everybody, and nothing that anybody could misuse."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median

import pytest
from sqlalchemy import Engine
from sqlmodel import col

from pages.access import shape
from pages.app import public_pages
from shop.consent.signups import MAX_PER_HOUR
from shop.consent.suppressions import SuppressionReason, suppress_address
from shop.db.engine import write_transaction
from shop.tables import Identity, SignUp
from tests.cafe import HOUR, MARCH, SECOND, Cafe
from tests.pages.public.signup_visitors import FORM, LOOK, SIGN_UP, Till
from tests.pages.visitors import Visitor, impatient, visible, words_of

WRONG_ADDRESSES = {
    "nothing": "",
    "a name": "clara",
    "two": "clara@example.com, bruno@example.com",
    "a header in it": "clara@example.com\r\nBcc: bruno@example.com",
    "a header behind it": "clara@example.com%0aBcc: bruno@example.com",
    "a letter that looks like another": "сlara@example.com",  # a Cyrillic с
    "a full width": "ｃlara@example.com",
    "half a letter": "clara\udcff@example.com",
    "markup": '"><script>alert(1)</script>@example.com',
    "too long": f"{'c' * 250}@example.com",
    "a name before it": "Clara <clara@example.com>",
}
WRONG_NAMES = ("Clara\r\nBcc: x@y.example", "<b>Clara</b>", "http://spam.example", "x" * 41, "😀")
WRONG_DAYS = (("31", "4"), ("30", "2"), ("0", "1"), ("1", "13"), ("", "9"), ("9", ""), ("١", "1"))


@pytest.fixture
def till(sqlite: Engine, tmp_path: Path) -> Till:
    return Till(Cafe(sqlite, tmp_path, SIGN_UP))


def test_without_the_words_there_is_no_such_page(sqlite: Engine, tmp_path: Path) -> None:
    till = Till(Cafe(sqlite, tmp_path, ""))
    assert till.visit("GET", "/join").status_code == 404
    assert till.asks().status_code == 404
    assert till.cafe.select_all(model=SignUp) == []


def test_the_form_asks_for_what_the_owner_says_and_no_more(till: Till) -> None:
    whole = till.visit("GET", "/join").text
    assert "Corner Café may write to me" in visible(whole)
    assert "I can leave at any time" in visible(whole)
    assert 'name="first_name"' in whole
    assert 'name="month"' in whole
    till.cafe.reread("sign up: {says: Cakes for me.}")
    short = Till(till.cafe)
    page = short.visit("GET", "/join").text
    assert "Cakes for me." in visible(page)
    assert "first_name" not in page
    assert "month" not in page
    short.asks(first_name="Clara", day="21", month="9")
    assert short.cafe.select_all(
        col(SignUp.first_name), col(SignUp.birthday), col(SignUp.wording)
    ) == [(None, None, "Cakes for me.")]


def test_the_answer_is_the_same_for_everybody(till: Till) -> None:
    till.cafe.customer("ana", says="yes")
    till.cafe.customer("bruno", says="no")
    with write_transaction(till.cafe.engine) as connection:
        suppress_address(
            connection, "gone@example.com", SuppressionReason.HARD_BOUNCE, None, now=MARCH
        )
    names = ("ana", "bruno", "gone", "clara", "clara")
    answers = [till.asks(f"{name}@example.com") for name in names]
    assert {answer.status_code for answer in answers} == {200}
    assert len(words_of(answers)) == 1
    assert LOOK in visible(answers[0].text)
    assert till.rang == 5
    assert till.cafe.mails() == []  # nothing is written while somebody waits for the answer


def test_the_answer_takes_as_long_for_everybody(till: Till) -> None:
    """The median of each, in turns: a stranger's costs what a customer's costs."""
    till.cafe.customer("ana", says="no")
    took: dict[str, list[float]] = {"ana": [], "clara": []}
    for _ in range(4):
        for name, times in took.items():
            began = time.perf_counter()
            till.asks(f"{name}@example.com")
            times.append(time.perf_counter() - began)
    ana, clara = (median(times) for times in took.values())
    assert ana < 5 * clara
    assert clara < 5 * ana


@pytest.mark.parametrize("address", WRONG_ADDRESSES.values(), ids=WRONG_ADDRESSES.keys())
def test_what_is_no_address_comes_back_with_a_sentence_at_its_field(
    till: Till, address: str
) -> None:
    from urllib.parse import quote_plus

    typed = quote_plus(address, errors="surrogatepass").encode()
    answer = till.sends(b"first_name=Clara&address=" + typed)
    assert answer.status_code in (400, 422)
    assert till.cafe.select_all(model=SignUp) == []
    assert "<script>" not in answer.text
    if answer.status_code == 422:
        assert 'aria-describedby="address-wrong"' in answer.text
        assert 'value="Clara"' in answer.text


@pytest.mark.parametrize("name", WRONG_NAMES)
def test_what_is_no_name_comes_back(till: Till, name: str) -> None:
    answer = till.asks(first_name=name)
    assert answer.status_code == 422
    assert "A name has letters" in visible(answer.text)
    assert "<b>" not in answer.text
    assert 'value="clara@example.com"' in answer.text
    assert till.cafe.select_all(model=SignUp) == []


@pytest.mark.parametrize(("day", "month"), WRONG_DAYS)
def test_a_day_that_is_none_comes_back(till: Till, day: str, month: str) -> None:
    answer = till.asks(day=day, month=month)
    assert answer.status_code == 422
    assert 'id="birthday-wrong"' in answer.text
    assert till.cafe.select_all(model=SignUp) == []


def test_whoever_was_born_on_29_february_can_say_so(till: Till) -> None:
    till.asks(day="29", month="2")
    assert till.cafe.select_all(col(SignUp.birthday)) == ["--02-29"]


def test_an_address_is_kept_as_its_mailbox_is_called(till: Till) -> None:
    till.asks("  Clara@EXAMPLE.com ")
    till.asks("ana@bücher.example.com")
    assert till.cafe.select_all(col(SignUp.address), col(SignUp.address_key)) == [
        ("Clara@example.com", "clara@example.com"),
        ("ana@bücher.example.com", "ana@bücher.example.com"),
    ]


def test_what_a_robot_fills_in_is_thrown_away(till: Till) -> None:
    answer = till.asks(website="https://spam.example")
    assert LOOK in visible(answer.text)
    assert till.cafe.select_all(model=SignUp) == []
    assert till.rang == 0


NO_FORMS = {
    "too much": (b"address=" + b"x" * 100_000, 413),
    "letters that are none": (b"address=\xff\xfe", 400),
    "too many fields": (b"&".join(b"a=1" for _ in range(50)), 400),
    "half a percent": (b"address=clara%40example.com%ff", 400),
    "another kind": (b'{"address": "clara@example.com"}', 422),
    "nothing": (b"", 422),
}


@pytest.mark.parametrize(("body", "status"), NO_FORMS.values(), ids=NO_FORMS.keys())
def test_what_is_no_form_is_refused(till: Till, body: bytes, status: int) -> None:
    assert till.sends(body).status_code == status
    assert till.cafe.select_all(model=SignUp) == []


def test_a_body_without_end_is_read_no_further_than_its_limit(till: Till) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 1_000

    assert till.visit("POST", "/join", body=endless(), headers=FORM).status_code == 413
    assert read < 20


def test_other_methods_are_not_done_here(till: Till) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        assert till.visit(method, "/join").status_code == 405
        assert till.visit(method, "/join/1.x.y").status_code == 405
    assert till.visit("HEAD", "/join").status_code == 200
    assert till.visit("OPTIONS", "/join").status_code == 204


def test_one_place_on_the_net_has_ten_tries(till: Till) -> None:
    answers = [till.asks(f"clara{one}@example.com") for one in range(12)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
    elsewhere = Visitor(till.visit.app, "198.51.100.4")
    assert elsewhere("POST", "/join", body=b"address=a%40example.com", headers=FORM).is_success


def test_a_thousand_tries_from_everywhere_are_a_hundred_an_hour(till: Till) -> None:
    app = public_pages(till.cafe.shop, till.watch)
    answers = [
        Visitor(app, f"10.0.{one // 250}.{one % 250}")(
            "POST", "/join", body=b"address=clara%d%%40example.com" % one, headers=FORM
        ).status_code
        for one in range(1000)
    ]
    assert answers == [200] * MAX_PER_HOUR + [429] * (1000 - MAX_PER_HOUR)
    assert len(till.cafe.select_all(model=SignUp)) == MAX_PER_HOUR
    till.watch.now = MARCH + HOUR
    assert till.asks().status_code == 200


def test_a_busy_database_says_try_again_and_keeps_nothing(
    till: Till, sqlite: Engine, tmp_path: Path
) -> None:
    impatient(sqlite)
    with write_transaction(sqlite):
        answer = till.asks()
    assert answer.status_code == 503
    assert till.cafe.select_all(model=SignUp) == []


def test_no_address_and_no_token_is_in_the_log() -> None:
    assert shape("POST", "/join") == "POST /join"
    assert shape("GET", "/join/1.abc.def") == "GET /join/…"


def test_a_copy_of_the_shops_own_wins_unless_it_has_lost_its_form(till: Till) -> None:
    own = till.cafe.path.parent / "templates" / "pages"
    own.mkdir(parents=True)
    (own / "join.html").write_text('<form method="post" action="?">Olá, {{ says }}</form>')
    (own / "join-confirm.html").write_text("<p>Nothing to press.</p>")
    till = Till(till.cafe)
    assert "Olá, Corner Café" in till.visit("GET", "/join").text
    till.asks()
    till.writes()
    assert "Yes, I do" in till.visit("GET", till.link()).text


def test_nobody_is_a_customer_for_having_been_typed(till: Till) -> None:
    till.asks(first_name="Clara")
    till.watch.now = MARCH + SECOND
    till.writes()
    assert till.cafe.select_all(model=Identity) == []
