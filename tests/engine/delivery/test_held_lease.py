"""The lease of a delivery: renewed in time, lost when it is taken over, and fenced."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, update
from sqlmodel import col

from engine.message_states import State
from engine.messages.held_lease import HeldLease, LeaseLostError, take_over
from engine.messages.in_doubt import DoubtDecision, settle_doubt
from engine.messages.leases import release_messages
from engine.open.open_shop import open_shop
from settings.errors import OwnerFileError, UnavailableError
from shop.db.engine import write_transaction
from shop.tables import Message
from tests.cafe import HOUR, MARCH, Cafe

LEASE = timedelta(seconds=30)
RULES = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}]
    include backlog: yes
"""


class Clock:
    """A clock that goes on while the process stands still."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cafe(cafe: Cafe) -> Cafe:
    """Two queued mails."""
    cafe.reread(cafe.path.read_text() + RULES)
    cafe.leave_carts(MARCH - 3 * HOUR, "ana", "bruno")
    cafe.run()
    with write_transaction(cafe.engine) as connection:
        release_messages(connection, message_ids(cafe))
    return cafe


def message_ids(cafe: Cafe) -> Sequence[str]:
    return sorted(cafe.select_all(col(Message.id)))


def leased(cafe: Cafe, clock: Clock) -> HeldLease:
    lease = HeldLease(cafe.engine, "a@elsewhere/1/1/1", LEASE, clock=clock)
    with write_transaction(cafe.engine) as connection:
        for message_id, columns in lease.take(connection, message_ids(cafe)).items():
            row = update(Message).where(col(Message.id) == message_id)
            connection.execute(row.values(state=State.SENDING.value, **columns))
    return lease


def own(cafe: Cafe, lease: HeldLease) -> set[str]:
    with write_transaction(cafe.engine) as connection:
        return lease.lock_own(connection, message_ids(cafe))


def put_in_doubt(cafe: Cafe) -> None:
    """As a run does that takes over from a delivery that may go on."""
    with write_transaction(cafe.engine) as connection:
        take_over(connection, message_ids(cafe))
        connection.execute(update(Message).values(state=State.IN_DOUBT.value))


def test_a_lease_is_renewed_when_a_third_of_it_is_over(cafe: Cafe, clock: Clock) -> None:
    lease = leased(cafe, clock)
    [before, _] = cafe.select_all(col(Message.claimed_until))
    clock.now = 9.9
    lease.check()
    assert set(cafe.select_all(col(Message.claimed_until))) == {before}
    clock.now = 10
    lease.check()
    assert all(until > before for until in cafe.select_all(col(Message.claimed_until)))


def test_a_renewed_lease_counts_from_before_its_transaction(cafe: Cafe, clock: Clock) -> None:
    lease = leased(cafe, clock)

    def stand_still(_connection: object) -> None:
        clock.now += 1_200

    clock.now = 10
    event.listen(cafe.engine, "commit", stand_still)
    lease.check()
    event.remove(cafe.engine, "commit", stand_still)
    put_in_doubt(cafe)
    with pytest.raises(LeaseLostError):
        lease.check()


def test_an_expired_lease_that_nobody_took_over_is_renewed(cafe: Cafe, clock: Clock) -> None:
    lease = leased(cafe, clock)
    clock.now = 1_200
    lease.check()
    assert own(cafe, lease) == set(message_ids(cafe))
    assert all(until > datetime.now(UTC) for until in cafe.select_all(col(Message.claimed_until)))


def test_a_delivery_whose_messages_were_taken_over_ends(cafe: Cafe, clock: Clock) -> None:
    lease = leased(cafe, clock)
    put_in_doubt(cafe)
    clock.now = 31
    with pytest.raises(LeaseLostError, match="back in the queue"):
        lease.check()


def test_without_a_database_a_delivery_goes_on_until_its_lease_expires(
    cafe: Cafe, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = leased(cafe, clock)

    def unavailable(_engine: object) -> None:
        raise UnavailableError("The database is locked.")

    monkeypatch.setattr("engine.messages.held_lease.write_transaction", unavailable)
    clock.now = 29
    lease.check()
    clock.now = 30
    with pytest.raises(UnavailableError, match="locked"):
        lease.check()


def test_messages_with_an_outcome_need_no_lease(cafe: Cafe, clock: Clock) -> None:
    lease = leased(cafe, clock)
    with write_transaction(cafe.engine) as connection:
        connection.execute(update(Message).values(state=State.SENT.value))
    lease.settled(message_ids(cafe))
    clock.now = 31
    lease.check()


def test_only_the_holder_may_write_about_what_it_is_sending(cafe: Cafe, clock: Clock) -> None:
    first = leased(cafe, clock)
    assert own(cafe, first) == set(message_ids(cafe))
    with write_transaction(cafe.engine) as connection:
        take_over(connection, message_ids(cafe))
        release_messages(connection, message_ids(cafe))
    assert own(cafe, first) == set()
    leased(cafe, clock)  # by another delivery
    assert own(cafe, first) == set()


def test_the_holder_may_write_about_what_is_in_doubt_since_it_was_taken_over(
    cafe: Cafe, clock: Clock
) -> None:
    lease = leased(cafe, clock)
    put_in_doubt(cafe)
    assert own(cafe, lease) == set(message_ids(cafe))
    settled, doubtful = message_ids(cafe)
    settle_doubt(cafe.shop, [settled], DoubtDecision.LOST, now=MARCH)
    assert own(cafe, lease) == {doubtful}


def test_of_what_was_sent_again_the_first_holder_writes_nothing(cafe: Cafe, clock: Clock) -> None:
    first = leased(cafe, clock)
    put_in_doubt(cafe)
    settle_doubt(cafe.shop, message_ids(cafe), DoubtDecision.AGAIN, now=MARCH)
    assert own(cafe, first) == set()
    leased(cafe, clock)
    put_in_doubt(cafe)
    assert own(cafe, first) == set()


def test_the_length_of_leases_is_that_of_the_process(
    cafe: Cafe, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert open_shop(cafe.path).lease == timedelta(minutes=10)
    monkeypatch.setenv("REGULARS_LEASE_SECONDS", "2")
    assert open_shop(cafe.path).lease == timedelta(seconds=2)


@pytest.mark.parametrize("seconds", ["", "0", "-1", "2.5", "ten minutes"])
def test_a_length_that_is_no_number_of_seconds_is_refused(
    cafe: Cafe, seconds: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_LEASE_SECONDS", seconds)
    with pytest.raises(OwnerFileError, match="REGULARS_LEASE_SECONDS is a number of seconds"):
        open_shop(cafe.path)
