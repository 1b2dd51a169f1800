"""From the queue to the outbox: gate, limits, approval, and what a broken-off run leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import col

from engine.states import State
from mail.mime import Mail
from mail.outbox.sender import Outbox
from mail.sender import Outcome
from settings.trouble import OutOfReach
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


@pytest.mark.parametrize("state", [State.CLAIMED, State.SENDING])
@pytest.mark.parametrize("written", [True, False])
def test_what_a_dead_worker_held_is_taken_over_at_once(
    cafe: Cafe, state: State, written: bool
) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    from sqlalchemy import update

    from shop.database import writing

    carts(cafe, "clara")
    cafe.run()
    [mail] = cafe.outbox.glob("*.eml")
    before = mail.stat().st_mtime_ns
    if not written or state is State.CLAIMED:
        mail.unlink()
    with writing(cafe.engine) as connection:
        held = {"state": state.value, "claimed_by": "gone/1/1", "claimed_until": MARCH}
        connection.execute(update(Message).values(**held))
        connection.execute(update(Enrolment).values(ended=None))
    cafe.run()
    assert cafe.mailed() == ["clara"]
    assert cafe.all(col(Message.state)) == [State.REHEARSED]
    if written and state is State.SENDING:
        assert mail.stat().st_mtime_ns == before


def test_a_worker_that_lives_elsewhere_keeps_what_it_holds(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    from datetime import UTC

    from sqlalchemy import update

    from shop.database import writing

    carts(cafe, "clara")
    cafe.run()
    later = datetime.now(UTC) + timedelta(minutes=5)
    with writing(cafe.engine) as connection:
        held = {"state": "sending", "claimed_by": "elsewhere/1/1", "claimed_until": later}
        connection.execute(update(Message).values(**held))
    cafe.run()
    assert cafe.all(col(Message.state)) == [State.SENDING]


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
