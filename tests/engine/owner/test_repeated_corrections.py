"""Corrections that were not sent, and customers who are merged."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlmodel import col

from engine.delivery import deliver, load_messages
from engine.messages.delivery_events import receive_events
from engine.messages.in_doubt import DoubtDecision, settle_doubt
from engine.owner import approvals, pause
from engine.owner.corrections import CorrectionResult, correct_mails
from mail.senders.outbox.sender import OutboxSender
from shop.consent.suppressions import DeliveryEvent, EventKind
from shop.db.engine import read_transaction, write_transaction
from shop.tables import Message
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.engine.delivery.test_sender_outcomes import with_rules
from tests.engine.owner.wrong_mail import (
    LATER,
    WEEK,
    RecordingSender,
    approve_corrections,
    correct,
    correction_states,
    leave_carts,
)
from tests.rows import identity

on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
AGAIN = LATER + 2 * HOUR
SUPERSEDED = "stopped: the same customer gets another correction"


@pytest.fixture
def office(cafe: Cafe) -> RecordingSender:
    office = RecordingSender()
    cafe.shop = replace(cafe.shop, sender=office)
    return office


def lose_correction(cafe: Cafe, office: RecordingSender) -> None:
    """The correction is in doubt; the owner finds that it was lost."""
    approve_corrections(cafe)
    office.breaks_at = "ana"
    with pytest.raises(Exception, match="broke"):
        cafe.run(LATER + HOUR)
    office.breaks_at = None
    assert correct(cafe, LATER + HOUR).drafted == 0
    settle_doubt(cafe.shop, [_correction(cafe)], DoubtDecision.LOST, now=LATER + HOUR)


def rehearse_correction(cafe: Cafe, office: RecordingSender) -> None:
    """The owner switches to the outbox and approves it there."""
    approve_corrections(cafe)
    cafe.shop = replace(cafe.shop, sender=OutboxSender(cafe.outbox))
    cafe.run(LATER + HOUR)
    cafe.shop = replace(cafe.shop, sender=office)


def fail_correction(cafe: Cafe, office: RecordingSender) -> None:
    """The owner's template contains an error."""
    own = cafe.path.parent / "templates" / "correction.html"
    own.parent.mkdir()
    own.write_text("{% block content %}{{ mistake.subjectt }}{% endblock %}")
    approve_corrections(cafe)
    cafe.reread()
    cafe.shop = replace(cafe.shop, sender=office)
    cafe.run(LATER + HOUR)
    own.unlink()
    cafe.reread()
    cafe.shop = replace(cafe.shop, sender=office)


def decline_correction(cafe: Cafe, _office: RecordingSender) -> None:
    approvals.decline_mails(cafe.shop, ["oops:abandoned-cart"], because="wording", now=LATER)


def bounce_correction(cafe: Cafe, _office: RecordingSender) -> None:
    approve_corrections(cafe)
    cafe.run(LATER + HOUR)
    _bounce(cafe, _correction(cafe), LATER + HOUR)


def skip_correction(cafe: Cafe, _office: RecordingSender) -> None:
    """She opts out and in again."""
    approve_corrections(cafe)
    cafe.record_consent("ana", "no", LATER)
    cafe.run(LATER + HOUR)
    cafe.record_consent("ana", "yes", LATER + HOUR + SECOND)


def _correction(cafe: Cafe) -> str:
    rows = cafe.select_all(col(Message.id), col(Message.rule))
    [correction_id] = [message for message, rule in rows if rule.startswith("oops:")]
    return str(correction_id)


def _bounce(cafe: Cafe, message: str, at: datetime) -> None:
    event = DeliveryEvent(
        "smtp", "key", EventKind.SOFT_BOUNCED, at, message, "ana@example.com", None
    )
    receive_events(cafe.shop, [event], now=at)


@on_sqlite
@pytest.mark.parametrize(
    ("ended", "final_state"),
    [
        (lose_correction, "failed"),
        (rehearse_correction, "rehearsed"),
        (fail_correction, "failed"),
        (decline_correction, "declined"),
        (bounce_correction, "bounced"),
        (skip_correction, "skipped"),
    ],
)
@with_rules
def test_a_correction_that_was_not_sent_is_drafted_again(
    cafe: Cafe,
    office: RecordingSender,
    ended: Callable[[Cafe, RecordingSender], None],
    final_state: str,
) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    correct(cafe)
    ended(cafe, office)
    assert [state for state, _ in correction_states(cafe)] == [final_state]
    office.mails.clear()
    second = correct(cafe, AGAIN)
    assert (second.drafted, second.people[0].correction) == (1, "awaiting approval")
    assert correct(cafe, AGAIN).drafted == 0
    approve_corrections(cafe, AGAIN)
    cafe.run(AGAIN + HOUR)
    assert len(office.corrections()) == 1
    assert sorted(state for state, _ in correction_states(cafe)) == sorted([final_state, "sent"])
    assert correct(cafe, AGAIN + HOUR).drafted == 0


@with_rules
@pytest.mark.parametrize("ending", ["bounced", "lost"])
def test_if_the_latest_mail_was_lost_the_previous_one_is_corrected(
    cafe: Cafe, office: RecordingSender, ending: str
) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    cafe.run(MARCH + DAY + HOUR)
    at = MARCH + DAY + 2 * HOUR
    rows = cafe.select_all(col(Message.id), col(Message.template))
    [latest_id] = [message for message, template in rows if template == "we-miss-you"]
    if ending == "lost":
        with write_transaction(cafe.engine) as connection:
            in_doubt_update = update(Message).where(col(Message.id) == latest_id)
            connection.execute(in_doubt_update.values(state="in doubt"))
    assert correct(cafe, at).people[0].template == "we-miss-you"
    if ending == "lost":
        settle_doubt(cafe.shop, [latest_id], DoubtDecision.LOST, now=at)
    else:
        _bounce(cafe, latest_id, at)
    second = correct(cafe, at)
    assert [(customer.template, customer.correction) for customer in second.people] == [
        ("cart-reminder", "awaiting approval")
    ]
    approve_corrections(cafe, at)
    cafe.run(at + HOUR)
    [mail] = office.corrections()
    assert "3 March" in mail.subject
    assert correct(cafe, at + HOUR).drafted == 0


@with_rules
def test_merged_customers_get_one_correction(cafe: Cafe, office: RecordingSender) -> None:
    leave_carts(cafe, "ana", "bruno")
    cafe.run()
    assert correct(cafe).drafted == 2
    cafe.arrive(identities=[identity("bruno", email="ana@example.com", version=5)])
    approve_corrections(cafe)
    cafe.run(LATER + HOUR)
    assert len(office.corrections()) == 1
    assert correction_states(cafe) == [("sent", None), ("skipped", SUPERSEDED)]
    assert correct(cafe, AGAIN).drafted == 0


@on_sqlite
@with_rules
def test_merged_customers_get_no_second_correction_after_the_first(
    cafe: Cafe, office: RecordingSender
) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    leave_carts(cafe, "bruno")
    cafe.run(MARCH + HOUR)
    correct(cafe, AGAIN)
    with read_transaction(cafe.engine) as connection:
        first, second = sorted(
            approvals.pending_mails(connection), key=lambda pending: pending.customer
        )
    approvals.approve_mails(cafe.shop, [first.id], now=AGAIN)
    cafe.run(AGAIN)
    cafe.arrive(identities=[identity("bruno", email="ana@example.com", version=5)])
    approvals.approve_mails(cafe.shop, [second.id], now=AGAIN)
    cafe.run(AGAIN + HOUR)
    assert len(office.corrections()) == 1
    assert correction_states(cafe) == [("sent", None), ("skipped", SUPERSEDED)]


@on_sqlite
@with_rules
def test_a_waiting_correction_does_not_block_an_approved_one(
    cafe: Cafe, office: RecordingSender
) -> None:
    leave_carts(cafe, "ana", "bruno")
    cafe.run()
    correct(cafe)
    cafe.arrive(identities=[identity("bruno", email="ana@example.com", version=5)])
    with read_transaction(cafe.engine) as connection:
        lower, _ = sorted(pending.id for pending in approvals.pending_mails(connection))
    approvals.approve_mails(cafe.shop, [lower], now=LATER)
    cafe.run(LATER + HOUR)
    assert correction_states(cafe) == [("awaiting approval", None), ("sent", None)]


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@with_rules
def test_deliveries_under_way_are_waited_for(
    cafe: Cafe, office: RecordingSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_carts(cafe, "ana", "bruno")
    results: list[CorrectionResult] = []
    since = MARCH - WEEK

    def say() -> None:
        results.append(
            correct_mails(cafe.shop, "abandoned-cart", since=since, saying="", now=MARCH)
        )

    owner = Thread(target=say)

    def meanwhile(*args: Any, **kwargs: Any) -> Any:
        """The mails are locked, and their state is not updated yet."""
        if owner.ident is None:
            owner.start()
            _until_it_waits(cafe, owner)
        return load_messages.load_messages(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(deliver, "load_messages", meanwhile)
        cafe.run()
    owner.join(10)
    assert office.sent == []  # the pause came before the first mail left
    [correction] = results
    assert correction.drafted + correction.held >= 2  # under way at that moment, or held already
    with read_transaction(cafe.engine) as connection:
        drafts = [pending.id for pending in approvals.pending_mails(connection)]
    approvals.approve_mails(cafe.shop, drafts, now=MARCH + HOUR)
    cafe.run(MARCH + 2 * HOUR)
    assert office.sent == []  # no correction of a mail that did not go


def _until_it_waits(cafe: Cafe, owner: Thread) -> None:
    """Wait until a lock is waited for, or the thread has ended."""
    lock_query = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(500):
        with read_transaction(cafe.engine) as connection:
            if connection.scalar(lock_query) or not owner.is_alive():
                return
        time.sleep(0.01)


@on_sqlite
@with_rules
def test_a_rehearsal_being_written_needs_no_correction(cafe: Cafe) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    under_way = {"state": "sending", "claimed_by": "1@elsewhere/1/1", "through": "outbox"}
    claimed_until = datetime.now(UTC) + HOUR
    with write_transaction(cafe.engine) as connection:
        connection.execute(update(Message).values(**under_way, claimed_until=claimed_until))
    assert correct(cafe).people == []


@on_sqlite
@with_rules
def test_corrections_are_counted_under_their_own_name(cafe: Cafe, office: RecordingSender) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    correct(cafe)
    approve_corrections(cafe)
    pause.resume_mail(cafe.shop, "abandoned-cart")
    counts = cafe.run(MARCH + DAY + HOUR)
    assert sorted(office.sent) == ["ana", "ana", "ana"]
    assert {rule: dict(rule_counts.outcomes) for rule, rule_counts in counts.items()} == {
        "abandoned-cart": {"sent": 1}, "oops:abandoned-cart": {"sent": 1},
    }  # fmt: skip


@on_sqlite
@with_rules
def test_a_changed_cart_does_not_defer_a_correction(cafe: Cafe, office: RecordingSender) -> None:
    """The platform's clock may be ahead of ours."""
    leave_carts(cafe, "ana")
    cafe.run()
    correct(cafe)
    approve_corrections(cafe)
    cafe.cart("ana", LATER + 3 * HOUR, version=2)
    cafe.run(LATER + HOUR)
    assert correction_states(cafe) == [("sent", None)]
