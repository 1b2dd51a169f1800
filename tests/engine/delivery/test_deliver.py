"""Delivery into the outbox: gate, limits, approval, and recovery of an interrupted delivery."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from engine.message_states import State
from mail.message.mime import Mail
from mail.senders.outbox.sender import OutboxSender
from mail.senders.protocol import UNCHECKED, Outcome, SendCheck
from settings.errors import UnavailableError
from shop.db.engine import write_transaction
from shop.db.workers import current_worker, register_lease_owner
from shop.tables import Enrolment, Message
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.rows import identity

LEFT = MARCH - 3 * HOUR


def leave_carts(cafe: Cafe, *names: str, left_at: datetime = LEFT) -> None:
    for name in names:
        cafe.customer(name)
        cafe.cart(name, left_at)


def test_an_opt_out_between_enrolment_and_sending_wins(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{wait: 1 hour}, {send: cart-reminder}]
        include backlog: yes
    """
    leave_carts(cafe, "clara")
    assert cafe.counts(MARCH) == {"waiting": 1}
    cafe.record_consent("clara", "no", MARCH)
    assert cafe.counts(MARCH + HOUR) == {"skipped": 1}
    assert cafe.mailed_names() == []
    assert cafe.select_all(col(Message.reason)) == ["said no"]


def test_a_wait_counts_from_the_mail_before_it(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}, {wait: 1 day}, {send: we-miss-you}]
        include backlog: yes
    """
    leave_carts(cafe, "clara")
    cafe.run(MARCH)
    cafe.run(MARCH + DAY - SECOND)
    assert cafe.mailed_names() == ["clara"]
    cafe.run(MARCH + DAY)
    assert cafe.mailed_names() == ["clara", "clara"]
    assert cafe.select_all(col(Enrolment.ended)) == ["done"]


def test_the_cap_defers_and_the_rule_higher_in_the_file_goes_first(cafe: Cafe) -> None:
    """
    shop: {name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12}
    sending: {from: Ana <ana@cornercafe.example>, no more than: 1 email per 2 days}
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        then: [{send: we-miss-you}]
        include backlog: yes
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        at most late: 3 days
        include backlog: yes
    """
    leave_carts(cafe, "clara")
    cafe.visits("clara", MARCH - 50 * DAY)
    counts = cafe.run()
    assert counts["we-miss-you"].outcomes == {"rehearsed": 1}
    assert counts["abandoned-cart"].outcomes == {"deferred": 1}
    assert cafe.counts(MARCH + 2 * DAY - SECOND) == {}
    assert cafe.counts(MARCH + 2 * DAY) == {"rehearsed": 1}


@pytest.mark.parametrize(
    ("name", "greeting", "to"),
    [
        ("Clara", "Your Granola is still here, Clara", "Clara <clara@example.com>"),
        ("null", "Your Granola is still here", "clara@example.com"),
        ("Clara (pays late)", "Your Granola is still here", "clara@example.com"),
        ("Clara\u202e", "Your Granola is still here", "clara@example.com"),
        ("\u200bClara", "Your Granola is still here, Clara", "Clara <clara@example.com>"),
    ],
)
def test_the_header_shows_the_name_that_the_mail_greets_by(
    cafe: Cafe, name: str, greeting: str, to: str
) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    leave_carts(cafe, "clara", left_at=MARCH - 3 * HOUR)
    named = identity("clara", email="clara@example.com", first_name=name, version=2)
    cafe.arrive(identities=[named])
    cafe.run()
    [mail] = cafe.mails()
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one
    assert (text.split("\n")[0].strip(), str(mail["To"])) == (greeting, to)


def test_a_mail_due_in_quiet_hours_goes_when_they_end(cafe: Cafe) -> None:
    """
    shop: {name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12}
    sending: {from: Ana <ana@cornercafe.example>, quiet hours: "21:00 to 08:00"}
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    night = MARCH.replace(hour=23)
    leave_carts(cafe, "clara", left_at=night - 3 * HOUR)
    assert cafe.counts(night) == {"deferred": 1}
    assert cafe.counts(night + 8 * HOUR) == {}
    assert cafe.counts(night + 9 * HOUR) == {"rehearsed": 1}


def test_mails_above_the_limit_wait_for_approval(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    rules = cafe.path.read_text().replace("ask me above: 1000", "ask me above: 2")
    cafe.reread(rules)
    leave_carts(cafe, "ana", "bruno", "clara", "dora")
    assert cafe.counts() == {"rehearsed": 2, "waiting": 2}
    # The passing of a day is no approval …
    assert cafe.counts(MARCH + 23 * HOUR) == {}
    # … a raised limit is.
    cafe.reread(rules.replace("ask me above: 2", "ask me above: 3"))
    assert cafe.counts(MARCH + 23 * HOUR) == {"rehearsed": 1}
    # A mail that was not approved in time is skipped.
    assert cafe.counts(MARCH + DAY + SECOND) == {"skipped": 1}
    assert len(cafe.mailed_names()) == 3


def test_a_second_run_adds_nothing(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    leave_carts(cafe, "ana", "bruno")
    assert cafe.counts() == {"rehearsed": 2}
    assert cafe.counts() == {}


def test_a_step_put_before_it_repeats_no_mail(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}, {wait: 1 day}, {send: we-miss-you}]
        include backlog: yes
    """
    leave_carts(cafe, "clara")
    cafe.run(MARCH)
    file = cafe.path.read_text()
    steps = "then: [{wait: 1 hour}, {wait: 1 hour}, {send: cart-reminder}, {send: we-miss-you}]"
    cafe.reread(file[: file.index("then:")] + steps + "\n    include backlog: yes\n")
    cafe.run(MARCH + DAY)
    subjects = {str(mail["Subject"]) for mail in cafe.mails()}
    assert len(cafe.mails()) == len(subjects) == 2


def test_a_rule_taken_out_of_the_file_sends_nothing_more(cafe: Cafe) -> None:
    """
    shop: {name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12}
    sending: {from: Ana <ana@cornercafe.example>, quiet hours: "09:00 to 11:00"}
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    leave_carts(cafe, "clara")
    assert cafe.counts(MARCH) == {"deferred": 1}
    file = cafe.path.read_text()
    cafe.reread(file[: file.index("rules:")])
    cafe.run(MARCH + HOUR)
    assert cafe.mailed_names() == []
    assert cafe.select_all(col(Message.reason)) == ["the rule is no longer in the file"]


class StoppingOutbox(OutboxSender):
    """A sender that becomes unavailable after `remaining` mails."""

    remaining = 1

    def send(self, mails: Sequence[Mail], check: SendCheck = UNCHECKED) -> Iterator[Outcome]:
        for outcome in super().send(mails, check):
            yield outcome
            self.remaining -= 1
            if not self.remaining:
                raise UnavailableError("The disk is full.")


def test_an_interrupted_sender_loses_nothing_and_repeats_nothing(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    leave_carts(cafe, "ana", "bruno", "clara")
    working_shop = cafe.shop
    cafe.shop = replace(working_shop, sender=StoppingOutbox(cafe.outbox))
    with pytest.raises(UnavailableError):
        cafe.run()
    assert sorted(cafe.select_all(col(Message.state))) == [
        State.QUEUED,
        State.QUEUED,
        State.REHEARSED,
    ]
    modified_at = {file: file.stat().st_mtime_ns for file in cafe.outbox.iterdir()}
    cafe.shop = working_shop
    assert cafe.counts() == {"rehearsed": 2}
    assert len(cafe.mailed_names()) == 3
    assert all(file.stat().st_mtime_ns == modified for file, modified in modified_at.items())


def dead_worker() -> str:
    """Returns the worker name of a process that has ended."""
    host, _, _ = current_worker().rsplit("/", 2)
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return f"{host}/{process.pid}/1"


def set_lease(cafe: Cafe, lease_owner: str, until: timedelta) -> None:
    """Puts all messages into `sending`, as an interrupted delivery leaves them."""
    columns = {
        "state": "sending",
        "claimed_by": lease_owner,
        "claimed_until": datetime.now(UTC) + until,
    }
    with write_transaction(cafe.engine) as connection:
        connection.execute(update(Message).values(**columns))
        connection.execute(update(Enrolment).values(ended=None))


@pytest.mark.parametrize("written", [True, False])
def test_leases_of_a_dead_worker_are_reclaimed_at_once(cafe: Cafe, written: bool) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    leave_carts(cafe, "clara")
    cafe.run()
    [mail] = cafe.outbox.glob("*.eml")
    before = mail.stat().st_mtime_ns
    if not written:
        mail.unlink()
    set_lease(cafe, f"1@{dead_worker()}", HOUR)
    cafe.run()
    assert cafe.mailed_names() == ["clara"]
    assert cafe.select_all(col(Message.state)) == [State.REHEARSED]
    assert (mail.stat().st_mtime_ns == before) is written


@pytest.mark.parametrize(
    ("machine", "until"),
    [
        ("elsewhere", timedelta(minutes=5)),  # a machine whose processes are unknown here
        ("here", timedelta(minutes=-5)),  # a live process keeps an expired lease
    ],
)
def test_leases_of_a_living_delivery_are_left_alone(
    cafe: Cafe, machine: str, until: timedelta
) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    leave_carts(cafe, "clara")
    cafe.run()
    with register_lease_owner() as lease_owner:
        set_lease(cafe, lease_owner if machine == "here" else "1@elsewhere/1/1", until)
        cafe.run()
    assert cafe.select_all(col(Message.state)) == [State.SENDING]


def test_a_lease_of_another_machine_is_reclaimed_when_it_expires(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    leave_carts(cafe, "clara")
    cafe.run()
    set_lease(cafe, "1@elsewhere/1/1", timedelta(seconds=-1))
    cafe.run()
    assert cafe.select_all(col(Message.state)) == [State.REHEARSED]


class FailingOutbox(OutboxSender):
    """A sender that raises on one mail."""

    def send(self, mails: Sequence[Mail], check: SendCheck = UNCHECKED) -> Iterator[Outcome]:
        for mail in mails:
            if mail.to_address.startswith("bruno"):
                raise ZeroDivisionError
            yield from super().send([mail], check)


def test_an_error_on_one_mail_fails_only_that_mail(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    leave_carts(cafe, "ana", "bruno", "clara")
    cafe.shop = replace(cafe.shop, sender=FailingOutbox(cafe.outbox))
    assert cafe.counts() == {"rehearsed": 2, "failed": 1}
    assert cafe.mailed_names() == ["ana", "clara"]


def test_a_second_step_after_a_long_stop_is_too_late(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}, {wait: 1 day}, {send: we-miss-you}]
        include backlog: yes
    """
    leave_carts(cafe, "clara")
    cafe.run(MARCH)
    assert cafe.counts(MARCH + 60 * DAY) == {"skipped": 1}
    assert cafe.mailed_names() == ["clara"]


def test_two_rules_share_the_approval_limit(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
      we-miss-you:
        when: no visit
        for: 45 days
        then: [{send: we-miss-you}]
        include backlog: yes
    """
    cafe.reread(cafe.path.read_text().replace("ask me above: 1000", "ask me above: 3"))
    leave_carts(cafe, "ana", "bruno")
    for name in ("clara", "dora"):
        cafe.customer(name)
        cafe.visits(name, MARCH - 50 * DAY)
    assert cafe.counts() == {"rehearsed": 3, "waiting": 1}


def test_approve_first_waits_for_the_owner(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        then: [{send: we-miss-you, approve first: yes}]
        include backlog: yes
    """
    cafe.customer("clara")
    cafe.visits("clara", MARCH - 50 * DAY)
    assert cafe.counts() == {"waiting": 1}
    assert cafe.counts(MARCH + DAY) == {}
    assert cafe.select_all(col(Message.state)) == [State.AWAITING_APPROVAL]


def test_the_message_keeps_its_basis_and_its_address(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    leave_carts(cafe, "clara")
    cafe.run()
    stored = cafe.select_all(col(Message.to_address), col(Message.basis))
    assert stored == [("clara@example.com", "SUBSCRIBED")]
