"""Helpers: a wrong mail, a sender that records it, and its correction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col

from engine.owner import approvals
from engine.owner.corrections import CorrectionResult, correct_mails
from mail.message.mime import Mail
from mail.senders.protocol import UNCHECKED, SendCheck
from shop.tables import Message
from tests.cafe import HOUR, MARCH, Cafe
from tests.engine.delivery.test_sender_outcomes import FakeMailService

WEEK = timedelta(weeks=1)
LATER = MARCH + HOUR


@dataclass
class RecordingSender(FakeMailService):
    """A sender that records its mails."""

    mails: list[Mail] = field(default_factory=list)

    def send(self, mails: Any, check: SendCheck = UNCHECKED) -> Any:
        self.mails += mails
        return super().send(mails, check)

    def corrections(self) -> list[Mail]:
        return [mail for mail in self.mails if "ignore our e-mail" in mail.subject]


def leave_carts(cafe: Cafe, *names: str) -> None:
    for name in names:
        cafe.customer(name)
        cafe.cart(name, MARCH - 3 * HOUR)


def correct(
    cafe: Cafe, at: datetime = LATER, saying: str = "", rule: str = "abandoned-cart"
) -> CorrectionResult:
    return correct_mails(cafe.shop, rule, since=at - WEEK, saying=saying, now=at)


def approve_corrections(cafe: Cafe, at: datetime = LATER) -> int:
    return len(approvals.approve_mails(cafe.shop, ["oops:abandoned-cart"], now=at).done)


def correction_states(cafe: Cafe) -> list[tuple[str, str | None]]:
    rows = cafe.select_all(col(Message.rule), col(Message.state), col(Message.reason))
    return sorted((state, reason) for rule, state, reason in rows if rule.startswith("oops:"))
