"""Strangers who sign up: whatever they type, the mail of the customers goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import col

from engine.run import begin, run_rule
from engine.signup.signup import ask
from flows.runtime.graceful_stop import deliver_until
from mail.message.mime import Mail
from mail.senders.protocol import Outcome
from settings.errors import OutOfReach
from shop.consent.signups import Asked
from shop.tables import SignUp
from tests.cafe import HOUR, MARCH, Cafe
from tests.engine.delivery.test_sender_outcomes import PostOffice
from tests.pages.public.signup_visitors import SIGN_UP

RULES = """\
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}]
    include backlog: yes
"""


class Touchy(PostOffice):
    """Some servers end the line where they do not like an address."""

    def send(self, mails: Sequence[Mail]) -> Iterator[Outcome]:
        for mail in mails:
            if mail.to_address.startswith("stranger"):
                raise OutOfReach("The line broke.")
            yield from super().send([mail])


@pytest.fixture
def cafe(sqlite: Engine, tmp_path: Path) -> Cafe:
    """Ana left a basket."""
    cafe = Cafe(sqlite, tmp_path, SIGN_UP + RULES)
    cafe.shop = replace(cafe.shop, sender=Touchy())
    cafe.customer("ana")
    cafe.cart("ana", MARCH - 3 * HOUR)
    return cafe


def signs_up(cafe: Cafe, name: str, wording: str = "Yes.") -> None:
    ask(cafe.shop, Asked(f"{name}@example.com", None, None, wording), now=datetime.now(UTC))


def look(cafe: Cafe) -> None:
    turn, rules = begin(cafe.shop, now=MARCH)
    for rule in rules:
        run_rule(cafe.shop, rule, turn)
    deliver_until(cafe.shop, turn, None)


def sent(cafe: Cafe) -> list[str]:
    assert isinstance(cafe.shop.sender, Touchy)
    return cafe.shop.sender.sent


def test_a_stranger_at_whose_address_the_line_breaks_keeps_back_no_customers_mail(
    cafe: Cafe,
) -> None:
    signs_up(cafe, "stranger")
    with pytest.raises(OutOfReach, match="The line broke"):
        look(cafe)
    assert sent(cafe) == ["ana"]


def test_each_such_stranger_keeps_back_those_who_sign_up_after_them_for_one_look(
    cafe: Cafe,
) -> None:
    for name in ("stranger-1", "stranger-2", "clara"):
        signs_up(cafe, name)
    for _ in range(2):
        with pytest.raises(OutOfReach):
            look(cafe)
    look(cafe)
    assert sent(cafe) == ["ana", "clara"]


def test_whatever_else_fails_about_a_sign_up_is_told_when_the_mail_is_out(cafe: Cafe) -> None:
    signs_up(cafe, "clara", wording="more than a mail holds " * 3_000)
    with pytest.raises(ValueError, match="no link"):
        look(cafe)
    assert sent(cafe) == ["ana"]
    assert cafe.all(col(SignUp.state)) == ["queued"]
