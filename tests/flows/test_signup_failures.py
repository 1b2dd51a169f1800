"""Failing sign-up confirmations delay no mail of customers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import col

from engine.signup.signup import request_sign_up
from mail.message.mime import Mail
from mail.senders.protocol import UNCHECKED, Outcome, SendCheck
from settings.errors import UnavailableError
from shop.consent.signups import SignUpRequest
from shop.tables import SignUp
from tests.cafe import HOUR, MARCH, Cafe
from tests.engine.delivery.test_sender_outcomes import FakeMailService
from tests.pages.public.signup_visitors import SIGN_UP

RULES = """\
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}]
    include backlog: yes
"""


class BreakingSender(FakeMailService):
    """A sender whose connection breaks at some addresses."""

    def send(self, mails: Sequence[Mail], check: SendCheck = UNCHECKED) -> Iterator[Outcome]:
        for mail in mails:
            if mail.to_address.startswith("stranger"):
                raise UnavailableError("The line broke.")
            yield from super().send([mail], check)


@pytest.fixture
def cafe(sqlite: Engine, tmp_path: Path) -> Cafe:
    """A café in which Ana has abandoned a cart."""
    cafe = Cafe(sqlite, tmp_path, SIGN_UP + RULES)
    cafe.shop = replace(cafe.shop, sender=BreakingSender())
    cafe.customer("ana")
    cafe.cart("ana", MARCH - 3 * HOUR)
    return cafe


def sign_up(cafe: Cafe, name: str, wording: str = "Yes.") -> None:
    request_sign_up(
        cafe.shop, SignUpRequest(f"{name}@example.com", None, None, wording), now=datetime.now(UTC)
    )


def sent_names(cafe: Cafe) -> list[str]:
    assert isinstance(cafe.shop.sender, BreakingSender)
    return cafe.shop.sender.sent


def test_a_connection_broken_by_a_sign_up_delays_no_customers_mail(
    cafe: Cafe,
) -> None:
    sign_up(cafe, "stranger")
    with pytest.raises(UnavailableError, match="The line broke"):
        cafe.run()
    assert sent_names(cafe) == ["ana"]


def test_a_failing_sign_up_delays_later_sign_ups_by_one_tick_only(
    cafe: Cafe,
) -> None:
    for name in ("stranger-1", "stranger-2", "clara"):
        sign_up(cafe, name)
    for _ in range(2):
        with pytest.raises(UnavailableError):
            cafe.run()
    cafe.run()
    assert sent_names(cafe) == ["ana", "clara"]


def test_other_sign_up_errors_are_raised_after_the_mail_is_sent(cafe: Cafe) -> None:
    sign_up(cafe, "clara", wording="more than a mail holds " * 3_000)
    with pytest.raises(ValueError, match="no link"):
        cafe.run()
    assert sent_names(cafe) == ["ana"]
    assert cafe.select_all(col(SignUp.state)) == ["queued"]
