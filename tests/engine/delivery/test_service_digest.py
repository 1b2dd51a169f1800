"""Service mails to one customer that may go at once are one mail, and nothing of them is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import col

from engine.message_states import State
from engine.messages.delivery_events import receive_events
from engine.messages.in_doubt import DoubtDecision, settle_doubt
from mail.senders.protocol import Accepted, Outcome, Refused, TemporaryFailure
from settings.errors import UnavailableError
from shop.consent.suppressions import DeliveryEvent, EventKind
from shop.tables import Enrolment, Message, Task
from tests.cafe import DAY, FILE, HOUR, MARCH, Cafe
from tests.engine.delivery.test_sender_outcomes import FakeMailService
from tests.engine.explain.explanations import explain

RULES = f"""{FILE}
loyalty:
  earn: 1 point per 1
  expire after: 30 days
  rewards:
    a coffee: 20 points
rules:
  unhappy:
    when: survey answered
    if:
      csat: at most 2
    at most late: 30 days
    then:
      - send: sorry-from-the-owner
      - task: Call them
  ending:
    when: points expire
    in: 14 days
    then:
      - send: points-expiring
"""
BOTH = "I'm sorry about Tuesday, and one more message"


def answer(key: str, at: datetime, words: str = "The coffee was cold") -> dict[str, Any]:
    return {
        "source": "online-shop", "external_id": key, "customer_source": "online-shop",
        "customer_key": "clara", "answered_at": at, "csat": 1, "nps": None, "words": words,
        "version": 1,
    }  # fmt: skip


@pytest.fixture
def clara(cafe: Cafe) -> Cafe:
    """Clara has points that end in two weeks, and was unhappy an hour ago."""
    cafe.reread(RULES)
    cafe.run(MARCH - 20 * DAY)
    cafe.customer("clara")
    cafe.visits("clara", MARCH - 16 * DAY)
    cafe.arrive(answers=[answer("1", MARCH - HOUR)])
    return cafe


def subjects(cafe: Cafe) -> list[str]:
    mails = sorted(cafe.mails(), key=lambda mail: mail["Date"].datetime)
    return [str(mail["Subject"]) for mail in mails]


def states(cafe: Cafe) -> dict[str, str]:
    rows = cafe.select_all(col(Message.rule), col(Message.state))
    return dict(sorted(rows))


def text_of(cafe: Cafe, kind: str) -> str:
    [mail] = cafe.mails()
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_two_that_are_due_are_one_mail_with_the_content_of_each(clara: Cafe) -> None:
    assert clara.counts() == {"rehearsed": 2}
    assert subjects(clara) == [BOTH]
    for kind in ("plain", "html"):
        text = text_of(clara, kind)
        order = ["Hello Clara,", "The coffee was cold", "12 points end on 17 March", "a coffee"]
        places = [text.rindex(part) for part in order]
        assert places == sorted(places)
        assert text.count("Hello Clara,") == 1
        assert "you told us how it was" in text
        assert "you collect points with us" in text


def test_each_says_which_mail_it_went_with_and_its_series_goes_on(clara: Cafe) -> None:
    clara.run()
    clara.run(MARCH + HOUR)
    ids = dict(clara.select_all(col(Message.rule), col(Message.id)))
    assert dict(clara.select_all(col(Message.rule), col(Message.digest_id))) == {
        "unhappy": None, "ending": ids["unhappy"]
    }  # fmt: skip
    assert set(clara.select_all(col(Enrolment.ended))) == {"done"}
    assert len(clara.select_all(col(Task.id))) == 1
    rules = explain(clara, "clara@example.com", at=MARCH + HOUR).rules
    [step] = next(rule for rule in rules if rule.rule == "ending").occasions[0].steps
    assert step.explanation == f"rehearsed, in one mail with {ids['unhappy'][:8]}"


def test_what_waits_for_room_goes_as_one_mail(cafe: Cafe) -> None:
    # Ten answers in ten days: three mails, and the others in one as soon as there is room.
    cafe.reread(RULES)
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    for day in range(10):
        at = MARCH + day * DAY
        cafe.arrive(answers=[answer(str(day), at - HOUR, f"Day {day}")])
        cafe.run(at)
    sent = subjects(cafe)
    days = ["Tuesday", "Wednesday", "Thursday"]
    assert sent[:3] == [f"I'm sorry about {day}" for day in days]
    assert sent[3] == "I'm sorry about Friday, and 4 more messages"
    assert len(sent) == 6
    assert len(cafe.select_all(col(Message.id))) == 10
    assert set(cafe.select_all(col(Message.state))) == {"rehearsed"}


def test_a_digest_counts_once_for_the_limit(clara: Cafe) -> None:
    clara.run()
    for day in (1, 2):
        clara.arrive(answers=[answer(f"later-{day}", MARCH + day * DAY - HOUR)])
        clara.run(MARCH + day * DAY)
    assert len(subjects(clara)) == 3


def test_other_customers_and_advertising_stay_apart(clara: Cafe) -> None:
    clara.leave_carts(MARCH - 4 * HOUR, "bruno")
    clara.customer("ana")
    clara.arrive(answers=[answer("2", MARCH - HOUR) | {"customer_key": "ana"}])
    clara.run()
    assert sorted(subjects(clara)) == sorted([BOTH, "I'm sorry about Tuesday"])


@pytest.fixture
def service(clara: Cafe) -> FakeMailService:
    service = FakeMailService()
    clara.shop = replace(clara.shop, sender=service)
    return service


def retry(message: str) -> Outcome:
    return TemporaryFailure(message, "try later")


def refuse(message: str) -> Outcome:
    return Refused(message, "not wanted")


@pytest.mark.parametrize(
    ("answers", "ended"),
    [(Accepted, State.SENT), (refuse, State.FAILED), (retry, State.DEFERRED)],
)
def test_the_parts_end_as_the_mail_does(
    clara: Cafe, service: FakeMailService, answers: Callable[[str], Outcome], ended: State
) -> None:
    service.answers["clara"] = answers
    clara.run()
    assert states(clara) == {"ending": ended, "unhappy": ended}


def test_a_mail_that_comes_back_comes_back_for_each(clara: Cafe, service: FakeMailService) -> None:
    clara.run()
    ids = dict(clara.select_all(col(Message.rule), col(Message.id)))
    bounce = DeliveryEvent(
        "bounces", "1", EventKind.BOUNCED, MARCH + HOUR, ids["unhappy"], "clara@example.com"
    )
    receive_events(clara.shop, [bounce], now=MARCH + HOUR)
    assert states(clara) == {"ending": State.BOUNCED, "unhappy": State.BOUNCED}


def test_what_did_not_leave_is_queued_again_and_goes_once(
    clara: Cafe, service: FakeMailService
) -> None:
    def break_off(message: str) -> Outcome:
        raise UnavailableError("The connection broke.")

    service.answers["clara"] = break_off
    with pytest.raises(UnavailableError):
        clara.run()
    assert states(clara) == {"ending": State.QUEUED, "unhappy": State.QUEUED}
    assert set(clara.select_all(col(Message.digest_id))) == {None}
    del service.answers["clara"]
    clara.run(MARCH + HOUR)
    clara.run(MARCH + 2 * HOUR)
    assert service.sent == ["clara"]
    assert states(clara) == {"ending": State.SENT, "unhappy": State.SENT}


@pytest.mark.parametrize(
    ("decision", "ended", "sent"),
    [
        (DoubtDecision.WENT, State.SENT, []),
        (DoubtDecision.LOST, State.FAILED, []),
        (DoubtDecision.AGAIN, State.SENT, ["clara"]),
    ],
)
def test_in_doubt_the_parts_wait_for_the_word_about_the_mail(
    clara: Cafe,
    service: FakeMailService,
    decision: DoubtDecision,
    ended: State,
    sent: list[str],
) -> None:
    service.breaks_at = "clara"
    with pytest.raises(UnavailableError):
        clara.run()
    assert states(clara) == {"ending": State.IN_DIGEST, "unhappy": State.IN_DOUBT}
    service.breaks_at = None
    service.may_have.clear()
    clara.run(MARCH + HOUR)
    assert service.sent == []
    ids = dict(clara.select_all(col(Message.rule), col(Message.id)))
    settle_doubt(clara.shop, [ids["unhappy"]], decision, now=MARCH + 2 * HOUR)
    clara.run(MARCH + 2 * HOUR)
    assert states(clara) == {"ending": ended, "unhappy": ended}
    assert service.sent == sent
