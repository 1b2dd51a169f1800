"""Test helper: the café's sign-up page and its visitors."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from sqlmodel import col

from engine.signup.confirmation import send_confirmations
from pages.app import create_app
from shop.tables import Basis, SignUp
from tests.cafe import Cafe
from tests.pages.visitors import FakeClock, Visitor

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
CLARA = "clara@example.com"
CHECK_MAILBOX = "Check your inbox: one press there and you are on the list."


@dataclass
class SignUpPages:
    """The sign-up pages; `sign_ups` counts the calls of `on_sign_up`."""

    cafe: Cafe
    clock: FakeClock = field(default_factory=FakeClock)
    sign_ups: int = 0

    def __post_init__(self) -> None:
        self.visit = Visitor(create_app(self.cafe.shop, self.clock, self._count_sign_up))

    def _count_sign_up(self) -> None:
        self.sign_ups += 1

    def submit(self, address: str = CLARA, **more: str) -> httpx.Response:
        return self.post(urlencode({"address": address, **more}).encode())

    def post(self, body: bytes, **more: Any) -> httpx.Response:
        return self.visit("POST", "/join", body=body, headers=FORM, **more)

    def send_confirmations(self) -> int:
        return send_confirmations(self.cafe.shop, now=self.clock.now)

    def link(self, address: str = CLARA) -> str:
        """Returns the path behind the button of the mail to `address`."""
        html = next(self._pages(address))
        [path] = re.findall(r'href="https://mail.cornercafe.example(/join/[^"]*)"', html)
        return str(path)

    def _pages(self, address: str) -> Any:
        for mail in self.cafe.mails():
            body = mail.get_body(("html",))
            if address in str(mail["To"]) and body and "/join/" in body.get_content():
                yield body.get_content()

    def sign_up(self, address: str = CLARA, **more: str) -> httpx.Response:
        """Submits the form, sends the mail and confirms."""
        self.submit(address, **more)
        self.send_confirmations()
        return self.visit("POST", self.link(address))

    def states(self) -> list[str]:
        """Returns the states of all sign-ups, in the order of submission."""
        rows = self.cafe.select_all(col(SignUp.asked_at), col(SignUp.state))
        return [state for _, state in sorted(rows)]

    def basis(self) -> list[str]:
        return self.cafe.select_all(col(Basis.state))
