"""From the queue to the outbox: gate, limits, approval, and what a broken-off run leaves."""

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
from mail.senders.outbox.sender import Outbox
from mail.senders.protocol import Outcome
from settings.errors import OutOfReach
from shop.db.engine import writing
from shop.db.workers import holding, this_worker
from shop.tables import Enrolment, Message
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe

LEFT = MARCH - 3 * HOUR


def carts(cafe: Cafe, *names: str, left: datetime = LEFT) -> None:
    for name in names:
        cafe.customer(name)
        cafe.cart(name, left)


def test_a_no_between_enrolment_and_sending_wins(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{wait: 1 hour}, {send: cart-reminder}]
        include backlog: yes
    """
    carts(cafe, "clara")
    assert cafe.counts(MARCH) == {"waiting": 1}
    cafe.says("clara", "no", MARCH)
    assert cafe.counts(MARCH + HOUR) == {"skipped": 1}
    assert cafe.mailed() == []
    assert cafe.all(col(Message.reason)) == ["said no"]


def test_a_wait_counts_from_the_mail_before_it(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}, {wait: 1 day}, {send: we-miss-you}]
        include backlog: yes
    """
    carts(cafe, "clara")
    cafe.run(MARCH)
    cafe.run(MARCH + DAY - SECOND)
    assert cafe.mailed() == ["clara"]
    cafe.run(MARCH + DAY)
    assert cafe.mailed() == ["clara", "clara"]
    assert cafe.all(col(Enrolment.ended)) == ["done"]


def test_the_cap_defers_and_the_rule_higher_in_the_file_goes_first(cafe: Cafe) -> None:
    """
    shop: {name: Corner Café, country: PT, currency: EUR, timezone: Europe/Lisbon,
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
    carts(cafe, "clara")
    cafe.visits("clara", MARCH - 50 * DAY)
    counts = cafe.run()
    assert counts["we-miss-you"].outcomes == {"rehearsed": 1}
    assert counts["abandoned-cart"].outcomes == {"deferred": 1}
    assert cafe.counts(MARCH + 2 * DAY - SECOND) == {}
    assert cafe.counts(MARCH + 2 * DAY) == {"rehearsed": 1}


def test_a_mail_due_in_quiet_hours_goes_when_they_end(cafe: Cafe) -> None:
    """
    shop: {name: Corner Café, country: PT, currency: EUR, timezone: Europe/Lisbon,
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
    carts(cafe, "clara", left=night - 3 * HOUR)
    assert cafe.counts(night) == {"deferred": 1}
    assert cafe.counts(night + 8 * HOUR) == {}
    assert cafe.counts(night + 9 * HOUR) == {"rehearsed": 1}


def test_what_exceeds_ask_me_above_waits_for_a_word(cafe: Cafe) -> None:
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
    carts(cafe, "ana", "bruno", "clara", "dora")
    assert cafe.counts() == {"rehearsed": 2, "waiting": 2}
    # That a day has passed is no approval …
    assert cafe.counts(MARCH + 23 * HOUR) == {}
    # … a raised limit is.
    cafe.reread(rules.replace("ask me above: 2", "ask me above: 3"))
    assert cafe.counts(MARCH + 23 * HOUR) == {"rehearsed": 1}
    # And what nobody approved in time will not come as a surprise.
    assert cafe.counts(MARCH + DAY + SECOND) == {"skipped": 1}
    assert len(cafe.mailed()) == 3


def test_a_second_run_adds_nothing(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    carts(cafe, "ana", "bruno")
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
    carts(cafe, "clara")
    cafe.run(MARCH)
    file = cafe.path.read_text()
    steps = "then: [{wait: 1 hour}, {wait: 1 hour}, {send: cart-reminder}, {send: we-miss-you}]"
    cafe.reread(file[: file.index("then:")] + steps + "\n    include backlog: yes\n")
    cafe.run(MARCH + DAY)
    subjects = {str(mail["Subject"]) for mail in cafe.mails()}
    assert len(cafe.mails()) == len(subjects) == 2


def test_a_rule_taken_out_of_the_file_sends_nothing_more(cafe: Cafe) -> None:
    """
    shop: {name: Corner Café, country: PT, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12}
    sending: {from: Ana <ana@cornercafe.example>, quiet hours: "09:00 to 11:00"}
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    carts(cafe, "clara")
    assert cafe.counts(MARCH) == {"deferred": 1}
    file = cafe.path.read_text()
    cafe.reread(file[: file.index("rules:")])
    cafe.run(MARCH + HOUR)
    assert cafe.mailed() == []
    assert cafe.all(col(Message.reason)) == ["the rule is no longer in the file"]


class Stops(Outbox):
    """A sender that cannot go on after so many mails."""

    left = 1

    def send(self, mails: Sequence[Mail]) -> Iterator[Outcome]:
        for outcome in super().send(mails):
            yield outcome
            self.left -= 1
            if not self.left:
                raise OutOfReach("The disk is full.")


def test_a_sender_that_breaks_off_loses_nothing_and_repeats_nothing(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    carts(cafe, "ana", "bruno", "clara")
    whole = cafe.shop
    cafe.shop = replace(whole, sender=Stops(cafe.outbox))
    with pytest.raises(OutOfReach):
        cafe.run()
    assert sorted(cafe.all(col(Message.state))) == [State.QUEUED, State.QUEUED, State.REHEARSED]
    written = {one: one.stat().st_mtime_ns for one in cafe.outbox.iterdir()}
    cafe.shop = whole
    assert cafe.counts() == {"rehearsed": 2}
    assert len(cafe.mailed()) == 3
    assert all(one.stat().st_mtime_ns == at for one, at in written.items())


def dead_worker() -> str:
    """A process of this machine that was, and is no more."""
    host, _, _ = this_worker().rsplit("/", 2)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    return f"{host}/{gone.pid}/1"


def hold(cafe: Cafe, by: str, until: timedelta) -> None:
    """As if a delivery had been cut off in the middle of sending."""
    held = {"state": "sending", "claimed_by": by, "claimed_until": datetime.now(UTC) + until}
    with writing(cafe.engine) as connection:
        connection.execute(update(Message).values(**held))
        connection.execute(update(Enrolment).values(ended=None))


@pytest.mark.parametrize("written", [True, False])
def test_what_a_dead_worker_held_is_taken_over_at_once(cafe: Cafe, written: bool) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    carts(cafe, "clara")
    cafe.run()
    [mail] = cafe.outbox.glob("*.eml")
    before = mail.stat().st_mtime_ns
    if not written:
        mail.unlink()
    hold(cafe, f"1@{dead_worker()}", HOUR)
    cafe.run()
    assert cafe.mailed() == ["clara"]
    assert cafe.all(col(Message.state)) == [State.REHEARSED]
    assert (mail.stat().st_mtime_ns == before) is written


@pytest.mark.parametrize(
    ("where", "until"),
    [
        ("elsewhere", timedelta(minutes=5)),  # a machine we cannot look into
        ("here", timedelta(minutes=-5)),  # alive, whatever the clock says
    ],
)
def test_what_a_living_delivery_holds_is_its_own(cafe: Cafe, where: str, until: timedelta) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    carts(cafe, "clara")
    cafe.run()
    with holding() as ours:
        hold(cafe, ours if where == "here" else "1@elsewhere/1/1", until)
        cafe.run()
    assert cafe.all(col(Message.state)) == [State.SENDING]


def test_a_delivery_elsewhere_is_given_up_when_its_time_is_up(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    carts(cafe, "clara")
    cafe.run()
    hold(cafe, "1@elsewhere/1/1", timedelta(seconds=-1))
    cafe.run()
    assert cafe.all(col(Message.state)) == [State.REHEARSED]


class Stumbles(Outbox):
    """A sender that one mail is too much for."""

    def send(self, mails: Sequence[Mail]) -> Iterator[Outcome]:
        for mail in mails:
            if mail.to_address.startswith("bruno"):
                raise ZeroDivisionError
            yield from super().send([mail])


def test_one_mail_that_a_sender_stumbles_over_ends_only_itself(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    carts(cafe, "ana", "bruno", "clara")
    cafe.shop = replace(cafe.shop, sender=Stumbles(cafe.outbox))
    assert cafe.counts() == {"rehearsed": 2, "failed": 1}
    assert cafe.mailed() == ["ana", "clara"]


def test_a_second_step_after_a_long_stop_is_too_late(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}, {wait: 1 day}, {send: we-miss-you}]
        include backlog: yes
    """
    carts(cafe, "clara")
    cafe.run(MARCH)
    assert cafe.counts(MARCH + 60 * DAY) == {"skipped": 1}
    assert cafe.mailed() == ["clara"]


def test_two_rules_share_what_may_go_unasked(cafe: Cafe) -> None:
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
    carts(cafe, "ana", "bruno")
    for name in ("clara", "dora"):
        cafe.customer(name)
        cafe.visits(name, MARCH - 50 * DAY)
    assert cafe.counts() == {"rehearsed": 3, "waiting": 1}


def test_the_owner_sees_it_first_where_the_step_says_so(cafe: Cafe) -> None:
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
    assert cafe.all(col(Message.state)) == [State.AWAITING_APPROVAL]


def test_the_message_keeps_its_basis_and_its_address(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    carts(cafe, "clara")
    cafe.run()
    kept = cafe.all(col(Message.to_address), col(Message.basis))
    assert kept == [("clara@example.com", "SUBSCRIBED")]
