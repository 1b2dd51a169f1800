"""After a tick by a clock that was ahead, `regulars clock undo` loses no customer's mail."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from sqlalchemy import update
from sqlmodel import col

from engine.clock.undo import undo_ticks_ahead
from shop.db.engine import write_transaction
from shop.db.upsert import insert_missing
from shop.tables import Enrolment, Message, PointsBalance, PointsEntry, RuleState, SignUp
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.rows import identity

AHEAD = MARCH + 10 * DAY
BORN_ON = range(3, 13)  # of March: on each of these days one customer has a birthday


def celebrate(cafe: Cafe, *days: int) -> None:
    for day in days:
        name = f"march{day:02}"
        cafe.customer(name)
        cafe.arrive(
            identities=[
                identity(name, email=f"{name}@example.com", birthday=f"1990-03-{day:02}", version=2)
            ]
        )


def undo(cafe: Cafe, now: datetime = MARCH) -> tuple[int, int, int] | None:
    undone = undo_ticks_ahead(cafe.engine, now=now)
    return (undone.waiting, undone.forgotten, undone.sent) if undone else None


def test_birthdays_that_a_clock_ahead_called_too_late_are_mailed_on_their_day(cafe: Cafe) -> None:
    """
    rules:
      birthday:
        when: birthday
        in: 1 hour
        then: [{send: birthday}]
        at most late: 1 day
    """
    cafe.run(MARCH - DAY)
    celebrate(cafe, *BORN_ON)
    cafe.run(AHEAD)
    too_early = set(cafe.mailed_names())
    assert len(too_early) < len(BORN_ON)
    assert undo(cafe) == (0, len(BORN_ON) - len(too_early), len(too_early))
    for day in range(11):
        cafe.run(MARCH + day * DAY)
    assert Counter(cafe.mailed_names()) == Counter(f"march{day:02}" for day in BORN_ON)


def test_a_mail_skipped_as_too_late_waits_again(cafe: Cafe) -> None:
    """
    shop: {name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12}
    sending: {from: Ana <ana@cornercafe.example>, quiet hours: 09:00 to 11:00}
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}, {wait: 1 day}, {send: we-miss-you}]
        at most late: 3 days
        include backlog: yes
    """
    cafe.leave_carts(MARCH - 3 * HOUR, "clara")
    assert cafe.counts(MARCH) == {"deferred": 1}
    cafe.run(AHEAD)
    [reason] = cafe.select_all(col(Message.reason))
    assert str(reason).startswith("too late")
    assert undo(cafe) == (1, 0, 0)
    cafe.run(MARCH + 2 * HOUR)
    cafe.run(MARCH + DAY + 3 * HOUR)
    assert cafe.mailed_names() == ["clara", "clara"]
    assert cafe.select_all(col(Enrolment.ended)) == ["done"]


def test_a_mail_that_was_to_be_tried_again_by_the_clock_ahead_is_tried_now(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    cafe.leave_carts(MARCH - 3 * HOUR, "clara")
    cafe.run(MARCH)
    with write_transaction(cafe.engine) as connection:
        later = {"state": "deferred", "attempts": 1, "retry_at": datetime.now(UTC) + 365 * DAY}
        connection.execute(update(Message).values(**later))
    cafe.run(AHEAD)
    assert undo(cafe) == (1, 0, 0)
    cafe.run(MARCH + HOUR)
    assert cafe.select_all(col(Message.state)) == ["rehearsed"]


def test_a_confirmation_that_was_sent_by_the_clock_ahead_counts_from_now(cafe: Cafe) -> None:
    """
    rules: {}
    """
    cafe.run(AHEAD)
    sign_up = {
        "id": "1", "address": "clara@example.com", "address_key": "clara@example.com",
        "wording": "Yes, please.", "asked_at": MARCH, "state": "sent", "settled_at": AHEAD,
    }  # fmt: skip
    with write_transaction(cafe.engine) as connection:
        insert_missing(connection, SignUp, [sign_up])
    assert undo(cafe) == (0, 0, 0)
    assert cafe.select_all(col(SignUp.settled_at)) == [MARCH]


def test_a_second_mail_that_was_made_early_is_made_again_in_time(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}, {wait: 5 days}, {send: we-miss-you}]
        at most late: 1 day
        include backlog: yes
    """
    cafe.leave_carts(MARCH - 3 * HOUR, "clara")
    cafe.run(MARCH)
    cafe.run(AHEAD)
    assert cafe.mailed_names() == ["clara"]
    assert undo(cafe) == (0, 0, 0)
    cafe.run(MARCH + 5 * DAY - HOUR)
    assert cafe.mailed_names() == ["clara"]
    cafe.run(MARCH + 5 * DAY)
    assert cafe.mailed_names() == ["clara", "clara"]


def test_a_wait_after_a_mail_that_went_early_counts_from_now(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        then: [{send: we-miss-you}, {wait: 5 days}, {send: birthday}]
        at most late: 2 days
    """
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    cafe.visits("clara", AHEAD - HOUR - 45 * DAY)
    cafe.run(AHEAD)
    assert undo(cafe) == (0, 0, 1)
    assert cafe.select_all(col(Enrolment.next_at)) == [MARCH + 5 * DAY]
    cafe.run(MARCH + 5 * DAY - HOUR)
    assert cafe.mailed_names() == ["clara"]
    cafe.run(MARCH + 5 * DAY)
    assert cafe.mailed_names() == ["clara", "clara"]


def test_rules_find_again_what_comes_due_after_the_undo(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        then: [{send: we-miss-you}]
        at most late: 2 days
    """
    cafe.run(MARCH - DAY)
    for number in range(8):
        name = f"guest{number}"
        cafe.customer(name)
        cafe.visits(name, MARCH + number * DAY + HOUR - 45 * DAY)
    cafe.run(AHEAD)
    early = Counter(cafe.mailed_names())
    undo(cafe)
    assert cafe.select_all(col(RuleState.looked_until)) == [MARCH - DAY]
    for day in range(10):
        cafe.run(MARCH + day * DAY)
    assert Counter(cafe.mailed_names()) == Counter(f"guest{number}" for number in range(8))
    assert early < Counter(cafe.mailed_names())


def test_without_a_tick_ahead_nothing_changes(cafe: Cafe) -> None:
    """
    rules:
      birthday:
        when: birthday
        in: 1 hour
        then: [{send: birthday}]
    """
    cafe.run(MARCH - DAY)
    celebrate(cafe, 3)
    cafe.run(MARCH)
    assert undo(cafe) is None
    assert undo(cafe, MARCH - HOUR / 2) is None
    cafe.run(MARCH)
    assert cafe.mailed_names() == ["march03"]


def test_points_that_a_clock_ahead_let_expire_are_given_back(cafe: Cafe) -> None:
    """
    loyalty: {earn: 1 point per 1, expire after: 30 days}
    rules: {}
    """
    cafe.run(MARCH - 40 * DAY)
    cafe.customer("clara")
    cafe.visits("clara", MARCH - 25 * DAY)
    cafe.run(MARCH - DAY)
    [points] = cafe.select_all(col(PointsBalance.balance))
    assert points > 0
    cafe.run(AHEAD)
    assert cafe.select_all(col(PointsBalance.balance)) == [0]
    undo(cafe)
    cafe.run(MARCH)
    assert cafe.select_all(col(PointsBalance.balance)) == [points]
    assert cafe.select_all(col(PointsEntry.kind)) == ["earned"]
