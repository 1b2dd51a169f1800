"""The sign-up page, the mail it brings, and the page behind the link in that mail."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx
import pytest
from sqlmodel import col

from engine.signing_up_mail import send_confirmations
from pages.app import public_pages
from shop.tables import Basis, Customer, SignUp
from tests.cafe import HOUR, MARCH, Cafe
from tests.pages.visiting import Visitor, Watch, visible

SIGN_UP = """\
sign up:
  ask for: [first name, birthday]
"""
WELCOME = """\
rules:
  hello:
    when: subscribed
    then: [{send: welcome}]
"""
FORM = {"content-type": "application/x-www-form-urlencoded"}
LOOK = "Look into your mailbox: one press there and you are on the list."


@dataclass
class Till:
    """The café with its sign-up page open."""

    cafe: Cafe
    watch: Watch = field(default_factory=Watch)

    def __post_init__(self) -> None:
        self.visit = Visitor(public_pages(self.cafe.shop, self.watch, self._ring))
        self.rang = 0

    def _ring(self) -> None:
        self.rang += 1

    def asks(self, address: str = "clara@example.com", **more: str) -> httpx.Response:
        body = urlencode({"address": address, **more}).encode()
        return self.visit("POST", "/join", body=body, headers=FORM)

    def writes(self) -> int:
        return send_confirmations(self.cafe.shop, now=self.watch.now)

    def link(self, address: str = "clara@example.com") -> str:
        """The path behind the button of the mail that came last."""
        mails = [mail for mail in self.cafe.mails() if address in str(mail["To"])]
        html = mails[-1].get_body(("html",))
        assert html is not None
        [path] = re.findall(
            r'href="https://mail.cornercafe.example(/join/[^"]*)"', html.get_content()
        )
        return str(path)

    def joins(self, address: str = "clara@example.com", **more: str) -> httpx.Response:
        self.asks(address, **more)
        self.writes()
        return self.visit("POST", self.link(address))

    def basis(self) -> list[tuple[str, str]]:
        return self.cafe.all(col(Basis.customer_id), col(Basis.state))


@pytest.fixture
def till(cafe: Cafe) -> Till:
    cafe.reread(SIGN_UP + WELCOME)
    return Till(cafe)


def test_without_the_words_there_is_no_such_page(cafe: Cafe) -> None:
    cafe.reread(WELCOME)
    till = Till(cafe)
    assert till.visit("GET", "/join").status_code == 404
    assert till.asks().status_code == 404
    assert cafe.all(of=SignUp) == []


def test_a_stranger_asks_presses_and_is_welcomed(till: Till) -> None:
    till.cafe.run()
    assert LOOK in visible(till.asks(first_name="Clara", day="21", month="9").text)
    assert till.writes() == 1
    looked = till.visit("GET", till.link())
    assert "First name: Clara Birthday: 21 September" in visible(looked.text)
    assert till.basis() == []
    done = till.visit("POST", till.link())
    assert "you are on the list of Corner Café" in visible(done.text)
    assert till.cafe.all(col(Customer.email), col(Customer.first_name), col(Customer.birthday)) == [
        ("clara@example.com", "Clara", "--09-21")
    ]
    till.cafe.run(MARCH + HOUR)
    assert [str(mail["Subject"]).partition(",")[0] for mail in till.cafe.mails()][-1:] != []
    assert len(till.cafe.mails()) == 2
