"""Going live: `only to` first, then approval of rehearsed mails and of a rule's first mails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlmodel import col

from engine.delivery.going_live import RehearsalSummary, hold_rehearsed, summarize_rehearsal
from engine.live.doctor_results import save_findings
from engine.live.finding import Finding, FindingKind, Topic
from engine.message_states import State
from engine.messages.approval_limit import TRUSTED_AFTER
from engine.owner.approvals import approve_mails
from engine.owner.pause import cancel_rule
from engine.run import run_tick
from engine.tick.tick import begin_tick
from engine.tick_context import TickContext
from mail.senders.protocol import Outcome
from settings.errors import UnavailableError
from shop.db.engine import read_transaction, write_transaction
from shop.tables import Message
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.engine.delivery.test_sender_outcomes import FakeMailService

LIVE = """
    shop: {name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12,
           public address: https://mail.cornercafe.example}
    sending:
      through: smtp
      smtp: {server: 127.0.0.1, encryption: none}
      from: Ana <ana@cornercafe.example>
      ask me above: 1000
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
"""


def live(test: Callable[..., None]) -> Callable[..., None]:
    test.__doc__ = LIVE
    return test


def only_to_ana(test: Callable[..., None]) -> Callable[..., None]:
    test.__doc__ = LIVE.replace("ask me", "only to: [Ana@Example.com]\n      ask me")
    return test


@pytest.fixture
def office(cafe: Cafe) -> FakeMailService:
    office = FakeMailService()
    cafe.shop = replace(cafe.shop, sender=office)
    return office


def leave_carts(cafe: Cafe, *names: str) -> None:
    cafe.leave_carts(MARCH - 3 * HOUR, *names)


@only_to_ana
def test_only_to_reaches_only_those_and_rehearses_the_others(
    cafe: Cafe, office: FakeMailService
) -> None:
    leave_carts(cafe, "ana", "bruno", "clara")
    assert cafe.counts() == {"sent": 1, "rehearsed": 2}
    assert office.sent == ["ana"]
    assert cafe.mailed_names() == ["bruno", "clara"]
    through = dict(cafe.select_all(col(Message.to_address), col(Message.through)))
    assert through["ana@example.com"] == "smtp"
    assert through["bruno@example.com"] == "outbox"
    assert cafe.counts() == {}


@only_to_ana
@pytest.mark.parametrize("is_stopped", [True, False])
def test_a_delivery_that_ends_at_the_first_mail_holds_none_of_the_rehearsal(
    cafe: Cafe, office: FakeMailService, is_stopped: bool
) -> None:
    leave_carts(cafe, "ana", "bruno", "clara")
    office.answers["ana"] = break_off
    begun: list[str] = []
    office.opened = begun.append
    if is_stopped:
        run_tick(cafe.shop, now=MARCH, should_stop=lambda: bool(begun))
    else:
        with pytest.raises(UnavailableError, match="connection broke"):
            cafe.run()
    assert cafe.select_all(col(Message.state)) == ["queued"] * 3
    assert office.sent == cafe.mailed_names() == []
    office.answers.clear()
    assert cafe.counts() == {"sent": 1, "rehearsed": 2}


def break_off(_message_id: str) -> Outcome:
    raise UnavailableError("The connection broke.")


@live
def test_a_new_rules_first_mails_wait_for_approval(cafe: Cafe, office: FakeMailService) -> None:
    leave_carts(cafe, *(f"p{number}" for number in range(TRUSTED_AFTER + 2)))
    assert cafe.counts() == {"waiting": TRUSTED_AFTER + 2}
    approved_ids = cafe.select_all(col(Message.id))[: TRUSTED_AFTER - 1]
    approve_mails(cafe.shop, approved_ids, now=MARCH)
    assert cafe.counts(MARCH + HOUR) == {"sent": TRUSTED_AFTER - 1}
    leave_carts(cafe, "clara")
    assert cafe.counts(MARCH + HOUR) == {"waiting": 1}
    approve_mails(cafe.shop, None, now=MARCH)
    cafe.run(MARCH + 2 * HOUR)
    assert cafe.select_all(col(Message.state)) == [State.SENT] * (TRUSTED_AFTER + 3)
    leave_carts(cafe, "dora")
    assert cafe.counts(MARCH + 2 * HOUR) == {"sent": 1}


def rehearse(cafe: Cafe, *names: str) -> None:
    """Rehearses one mail to each of `names`, then switches back to live."""
    text, sender = cafe.path.read_text(), cafe.shop.sender
    cafe.reread(text.replace("through: smtp", "through: outbox"))
    leave_carts(cafe, *names)
    assert cafe.counts() == {"rehearsed": len(names)}
    cafe.reread(text)
    cafe.shop = replace(cafe.shop, sender=sender)


def rehearsal_summary(cafe: Cafe, now: datetime) -> RehearsalSummary | None:
    with read_transaction(cafe.engine) as connection:
        return summarize_rehearsal(connection, cafe.shop.config, now=now)


@live
def test_rehearsed_mails_in_time_wait_for_approval(cafe: Cafe, office: FakeMailService) -> None:
    rehearse(cafe, "ana", "bruno")
    assert rehearsal_summary(cafe, MARCH + HOUR) == RehearsalSummary(total=2, in_time=2)
    assert cafe.counts(MARCH + HOUR) == {"waiting": 2}
    assert cafe.counts(MARCH + HOUR) == {}
    assert rehearsal_summary(cafe, MARCH + HOUR) is None
    approve_mails(cafe.shop, None, now=MARCH + HOUR)
    assert cafe.counts(MARCH + 2 * HOUR) == {"sent": 2}
    assert cafe.counts(MARCH + 3 * HOUR) == {}
    assert sorted(office.sent) == ["ana", "bruno"]


@live
def test_rehearsed_mails_past_their_deadline_are_not_sent(
    cafe: Cafe, office: FakeMailService
) -> None:
    rehearse(cafe, "ana", "bruno")
    assert rehearsal_summary(cafe, MARCH + 2 * DAY) == RehearsalSummary(total=2, in_time=0)
    assert cafe.counts(MARCH + 2 * DAY) == {}
    assert cafe.select_all(col(Message.state)) == [State.REHEARSED] * 2
    cafe.customer("clara")
    cafe.cart("clara", MARCH + 2 * DAY - 3 * HOUR)
    cafe.run(MARCH + 2 * DAY)
    approve_mails(cafe.shop, None, now=MARCH + 2 * DAY)
    cafe.run(MARCH + 2 * DAY)
    assert office.sent == ["clara"]
    assert rehearsal_summary(cafe, MARCH + 2 * DAY) is None


LATER = (
    LIVE
    + """
      missed:
        when: no visit
        for: 90 days
        at most late: 60 days
        then: [{send: we-miss-you}]
"""
)


def with_another_rule(test: Callable[..., None]) -> Callable[..., None]:
    test.__doc__ = LATER
    return test


@with_another_rule
def test_each_rule_has_its_own_time_in_which_it_may_still_go(
    cafe: Cafe, office: FakeMailService
) -> None:
    rehearse(cafe, "ana")
    assert rehearsal_summary(cafe, MARCH + 2 * DAY) == RehearsalSummary(total=1, in_time=0)
    assert cafe.counts(MARCH + 2 * DAY) == {}


@live
def test_a_series_that_was_cancelled_after_its_rehearsal_is_over(
    cafe: Cafe, office: FakeMailService
) -> None:
    text = cafe.path.read_text()
    series = "cart-reminder}, {wait: 5 hours}, {send: welcome}]"
    cafe.path.write_text(text.replace("cart-reminder}]", series))
    rehearse(cafe, "ana")
    cancel_rule(cafe.shop, "abandoned-cart", now=MARCH)
    assert cafe.counts(MARCH + HOUR) == {}
    assert cafe.select_all(col(Message.state)) == [State.REHEARSED]


@live
def test_expired_rehearsals_are_not_reported_beside_waiting_mails(
    cafe: Cafe, office: FakeMailService
) -> None:
    text = cafe.path.read_text()
    cafe.reread(text.replace("through: smtp", "through: outbox"))
    leave_carts(cafe, "ana")
    cafe.run()
    cafe.customer("bruno")
    cafe.cart("bruno", MARCH + DAY)
    cafe.run(MARCH + DAY + 3 * HOUR)
    cafe.reread(text)
    cafe.shop = replace(cafe.shop, sender=office)
    assert rehearsal_summary(cafe, MARCH + 2 * DAY) == RehearsalSummary(total=2, in_time=1)
    assert cafe.counts(MARCH + 2 * DAY) == {"waiting": 1}
    assert rehearsal_summary(cafe, MARCH + 2 * DAY) is None


WITHIN = LIVE.replace("cart-reminder}", "cart-reminder, approve within: 2 hours}")


def approved_within_two_hours(test: Callable[..., None]) -> Callable[..., None]:
    test.__doc__ = WITHIN
    return test


@approved_within_two_hours
def test_the_approval_time_of_a_rehearsed_mail_restarts_when_live(
    cafe: Cafe, office: FakeMailService
) -> None:
    text = cafe.path.read_text()
    cafe.reread(text.replace("through: smtp", "through: outbox"))
    leave_carts(cafe, "ana")
    cafe.run()
    approve_mails(cafe.shop, None, now=MARCH)
    cafe.run(MARCH)
    cafe.reread(text)
    cafe.shop = replace(cafe.shop, sender=office)
    assert cafe.counts(MARCH + 5 * HOUR) == {"waiting": 1}
    assert cafe.counts(MARCH + 7 * HOUR) == {}
    assert cafe.counts(MARCH + 7 * HOUR + SECOND) == {"skipped": 1}


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@live
def test_rows_locked_by_another_delivery_are_not_held(cafe: Cafe, office: FakeMailService) -> None:
    rehearse(cafe, "ana", "bruno")
    started = begin_tick(cafe.engine, cafe.shop.config, now=MARCH + HOUR)
    context = TickContext(started.tick, MARCH + HOUR)
    query = select(col(Message.id)).where(col(Message.rule) == "abandoned-cart").limit(1)
    with write_transaction(cafe.engine) as other_connection:
        [locked_id] = other_connection.scalars(query.with_for_update()).all()
        with write_transaction(cafe.engine) as connection:
            hold_rehearsed(connection, cafe.shop.config, context)
    states = dict(cafe.select_all(col(Message.id), col(Message.state)))
    assert states.pop(locked_id) == State.REHEARSED
    assert list(states.values()) == [State.AWAITING_APPROVAL]


def steps_of(cafe: Cafe) -> list[tuple[str, str]]:
    return sorted(cafe.select_all(col(Message.step), col(Message.state)))


TWO_MAILS = LIVE.replace(
    "[{send: cart-reminder}]",
    "[{send: cart-reminder}, {wait: 2 hours}, {send: we-miss-you}]",
)


def two_mails(test: Callable[..., None]) -> Callable[..., None]:
    test.__doc__ = TWO_MAILS
    return test


@two_mails
def test_a_series_goes_on_behind_the_mail_that_was_rehearsed(
    cafe: Cafe, office: FakeMailService
) -> None:
    rehearse(cafe, "ana")
    cafe.run(MARCH + HOUR)
    cafe.run(MARCH + 3 * HOUR)
    assert steps_of(cafe) == [("cart-reminder", State.AWAITING_APPROVAL)]
    approve_mails(cafe.shop, None, now=MARCH + 3 * HOUR)
    cafe.run(MARCH + 3 * HOUR)
    cafe.run(MARCH + 4 * HOUR)
    assert steps_of(cafe) == [("cart-reminder", State.SENT)]
    cafe.run(MARCH + 5 * HOUR)
    held_step = ("we-miss-you", State.AWAITING_APPROVAL)
    assert steps_of(cafe) == [("cart-reminder", State.SENT), held_step]


@two_mails
def test_of_a_series_that_was_rehearsed_only_the_last_mail_may_go(
    cafe: Cafe, office: FakeMailService
) -> None:
    text = cafe.path.read_text()
    cafe.reread(text.replace("through: smtp", "through: outbox"))
    leave_carts(cafe, "ana")
    cafe.run()
    cafe.run(MARCH + 2 * HOUR)
    cafe.reread(text)
    cafe.shop = replace(cafe.shop, sender=office)
    for hours in (3, 5, 7):
        cafe.run(MARCH + hours * HOUR)
        approve_mails(cafe.shop, None, now=MARCH + hours * HOUR)
    assert steps_of(cafe) == [("cart-reminder", State.REHEARSED), ("we-miss-you", State.SENT)]
    assert office.sent == ["ana"]


@live
def test_a_cart_that_was_bought_after_its_rehearsal_is_not_reminded(
    cafe: Cafe, office: FakeMailService
) -> None:
    text = cafe.path.read_text()
    cafe.path.write_text(text.replace("include", "stop when: order placed\n    include"))
    rehearse(cafe, "ana")
    cafe.visits("ana", MARCH + HOUR)
    cafe.run(MARCH + 2 * HOUR)
    approve_mails(cafe.shop, None, now=MARCH + 2 * HOUR)
    cafe.run(MARCH + 3 * HOUR)
    assert office.sent == []


@live
def test_rehearsals_earn_a_rule_no_trust(cafe: Cafe, office: FakeMailService) -> None:
    text = cafe.path.read_text()
    cafe.reread(text.replace("through: smtp", "through: outbox"))
    leave_carts(cafe, *(f"p{number}" for number in range(TRUSTED_AFTER + 2)))
    cafe.run()
    cafe.reread(text)
    cafe.shop = replace(cafe.shop, sender=office)
    leave_carts(cafe, "clara")
    assert cafe.counts(MARCH + HOUR) == {"waiting": TRUSTED_AFTER + 3}


@live
def test_mails_queued_in_a_rehearsal_wait_for_approval_when_live(
    cafe: Cafe, office: FakeMailService
) -> None:
    text = cafe.path.read_text()
    quiet = "through: outbox\n  quiet hours: 09:00 to 11:00"
    cafe.reread(text.replace("through: smtp", quiet))
    leave_carts(cafe, "ana", "bruno")
    assert cafe.counts() == {"deferred": 2}
    cafe.reread(text)
    cafe.shop = replace(cafe.shop, sender=office)
    cafe.run(MARCH + 2 * HOUR)
    assert cafe.select_all(col(Message.state)) == [State.AWAITING_APPROVAL] * 2
    assert office.sent == []


def with_public_server(test: Callable[..., None]) -> Callable[..., None]:
    """The same config with a public mail server."""
    public_server = "smtp: {server: smtp.example.com}"
    test.__doc__ = LIVE.replace("smtp: {server: 127.0.0.1, encryption: none}", public_server)
    return test


@with_public_server
def test_marketing_waits_for_the_doctor_and_not_for_ever(
    cafe: Cafe, office: FakeMailService
) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    approve_mails(cafe.shop, None, now=MARCH)
    assert cafe.counts() == {}
    assert cafe.select_all(col(Message.state)) == [State.QUEUED]
    save_findings(cafe.shop, [], now=MARCH)
    assert cafe.counts(MARCH + HOUR) == {"sent": 1}
    leave_carts(cafe, "bruno")
    save_findings(
        cafe.shop,
        [Finding(Topic.DOMAIN, FindingKind.WRONG, "There is no SPF.", "Write it.")],
        now=MARCH + HOUR,
    )
    cafe.run(MARCH + HOUR)
    approve_mails(cafe.shop, None, now=MARCH + HOUR)
    cafe.run(MARCH + 2 * HOUR)
    assert office.sent == ["ana"]
    cafe.run(MARCH + 2 * DAY)
    assert "too late: regulars doctor had not passed" in cafe.select_all(col(Message.reason))
