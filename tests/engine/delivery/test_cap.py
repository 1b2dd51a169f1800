"""The caps on mails to one customer: which mails count, which wait, and until when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from sqlmodel import col

from engine.delivery.cap import Cap
from engine.message_states import State
from engine.owner.pause import pause_mail, resume_mail
from settings.values import EmailLimit
from shop.tables import Message
from shop.types.purpose import Purpose
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.engine.explain.explanations import answer_row, explain

SHOP = """
    shop: {name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12}
    sending: {from: Ana <ana@cornercafe.example>, no more than: 1 email per 2 days}
"""
SERVICE = """
      complaint: {when: survey answered, then: [{send: sorry-from-the-owner}]}
"""
MARKETING = """
      cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
"""


def with_config(text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def set_config(test: Callable[..., None]) -> Callable[..., None]:
        test.__doc__ = text
        return test

    return set_config


NOON = MARCH + 2 * HOUR
CAP = Cap(EmailLimit.parse("2 emails per 7 days"))


@pytest.mark.parametrize(
    ("counted", "until"),
    [
        ([], None),
        ([NOON - DAY], None),
        ([NOON - DAY, NOON - 2 * DAY], NOON + 5 * DAY),
        ([NOON, NOON], NOON + 7 * DAY),
        ([NOON - DAY, NOON - 7 * DAY], None),
        ([NOON - DAY, NOON - 7 * DAY + SECOND], NOON + SECOND),
        ([NOON - DAY, NOON - 2 * DAY, NOON - 3 * DAY], NOON + 5 * DAY),
        ([NOON + SECOND, NOON + SECOND], None),
    ],
)
def test_two_in_seven_days_reach_the_cap(counted: list[datetime], until: datetime | None) -> None:
    assert CAP.reached_until(counted, NOON) == until
    assert Cap(None).reached_until(counted, NOON) is None


def test_service_mails_neither_count_nor_wait_with_marketing() -> None:
    assert not CAP.counts(Purpose.SERVICE, State.SENT)
    assert not CAP.holds_back(Purpose.SERVICE, is_correction=False)


def test_the_cap_of_service_mails_counts_and_holds_back_nothing_else() -> None:
    cap = replace(CAP, purpose=Purpose.SERVICE)
    assert cap.counts(Purpose.SERVICE, State.SENT)
    assert not cap.counts(Purpose.MARKETING, State.SENT)
    assert cap.holds_back(Purpose.SERVICE, is_correction=False)
    assert not cap.holds_back(Purpose.MARKETING, is_correction=False)


def test_a_correction_counts_and_does_not_wait() -> None:
    assert CAP.counts(Purpose.MARKETING, State.SENT)
    assert CAP.holds_back(Purpose.MARKETING, is_correction=False)
    assert not CAP.holds_back(Purpose.MARKETING, is_correction=True)


def test_rehearsed_mails_count_only_in_a_rehearsal() -> None:
    assert not CAP.counts(Purpose.MARKETING, State.REHEARSED)
    assert replace(CAP, rehearsing=True).counts(Purpose.MARKETING, State.REHEARSED)
    assert not CAP.counts(Purpose.MARKETING, State.SKIPPED)


def answer_survey(cafe: Cafe, name: str) -> None:
    cafe.arrive(answers=[answer_row(name, MARCH - HOUR, csat=1)])


def start(cafe: Cafe) -> None:
    """The first run comes before the answer, for rules look forward only."""
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    answer_survey(cafe, "clara")
    cafe.cart("clara", MARCH - 3 * HOUR)


@with_config(f"{SHOP}\n    rules:{SERVICE}{MARKETING}")
def test_a_service_mail_uses_up_no_cap_of_its_batch(cafe: Cafe) -> None:
    start(cafe)
    assert cafe.counts() == {"rehearsed": 2}


@with_config(f"{SHOP}\n    rules:{MARKETING}{SERVICE}")
def test_a_marketing_mail_holds_back_no_service_mail(cafe: Cafe) -> None:
    start(cafe)
    assert cafe.counts() == {"rehearsed": 2}


@with_config(f"{SHOP}\n    rules:{SERVICE}{MARKETING}")
def test_a_service_mail_of_an_earlier_run_does_not_count(cafe: Cafe) -> None:
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    answer_survey(cafe, "clara")
    assert cafe.counts(MARCH - HOUR / 2) == {"rehearsed": 1}
    cafe.cart("clara", MARCH - 3 * HOUR)
    assert cafe.counts() == {"rehearsed": 1}


@with_config(f"{SHOP}\n    rules:{SERVICE}{MARKETING}")
def test_a_marketing_mail_of_an_earlier_run_counts(cafe: Cafe) -> None:
    start(cafe)
    cafe.run()
    cafe.cart("clara", MARCH + HOUR, key="another")
    assert cafe.counts(MARCH + 4 * HOUR) == {"skipped": 1}
    assert "too late: enough mail for now until 5 March 10:00 UTC" in cafe.select_all(
        col(Message.reason)
    )


@with_config(f"{SHOP}\n    rules:{SERVICE}{MARKETING}")
def test_explain_foresees_that_both_go(cafe: Cafe) -> None:
    start(cafe)
    pause_mail(cafe.shop, None, None, now=MARCH)
    assert cafe.counts() == {"waiting": 2}
    resume_mail(cafe.shop, None)
    gates = [
        step.mail.gate
        for rule in explain(cafe).rules
        for occasion in rule.occasions
        for step in occasion.steps
        if step.mail and step.mail.gate
    ]
    assert [gate.verdict for gate in gates] == ["is rehearsed with the next run"] * 2
    capped = [[check.check for check in gate.checks].count("no more than") for gate in gates]
    assert sorted(capped) == [0, 1]
    assert cafe.counts() == {"rehearsed": 2}


@with_config(f"{SHOP}\n    rules:{SERVICE}{MARKETING}")
def test_who_complains_every_day_gets_three_apologies_in_seven_days(cafe: Cafe) -> None:
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    for days in range(7):
        row = answer_row("clara", MARCH + days * DAY, csat=1)
        cafe.arrive(answers=[row | {"external_id": str(days)}])
        cafe.run(MARCH + days * DAY)
    assert cafe.mailed_names() == ["clara"] * 3
    assert "enough mail for now" in cafe.select_all(col(Message.reason))
    cafe.run(MARCH + 7 * DAY)
    assert cafe.mailed_names() == ["clara"] * 4


@with_config(
    f"{SHOP.replace('2 days}', '2 days, no more service mail than: 1 email per 9 days}')}"
    f"\n    rules:{SERVICE}"
)
def test_the_owner_sets_how_many_service_mails_there_may_be(cafe: Cafe) -> None:
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    for days in range(4):
        row = answer_row("clara", MARCH + days * DAY, csat=1)
        cafe.arrive(answers=[row | {"external_id": str(days)}])
        cafe.run(MARCH + days * DAY)
    assert cafe.mailed_names() == ["clara"]
    assert "too late: enough mail for now until 12 March 10:00 UTC" in cafe.select_all(
        col(Message.reason)
    )
