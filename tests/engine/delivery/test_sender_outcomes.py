"""What a mail service says of a mail, at once, later, or never."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from engine.message_states import State
from engine.messages.delivery_events import take_in
from engine.messages.in_doubt import Word, doubtful, settle_doubt
from engine.owner.pause import cancel
from mail.message.mime import Mail
from mail.senders.protocol import Accepted, Later, NoSuchAddress, Outcome, Recalled, Refused
from settings.errors import OutOfReach
from shop.consent.suppressions import Kind, Told, Why, suppress
from shop.db import stops
from shop.db.engine import reading, writing
from shop.tables import Enrolment, MailEvent, Message, Suppression
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.rows import identity, statement


@dataclass
class PostOffice:
    """A mail service whose answers the test gives, by the customer's name."""

    answers: dict[str, Callable[[str], Outcome]] = field(default_factory=dict)
    breaks_at: str | None = None
    may_have: set[str] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)
    name: str = "smtp"
    reaches_people: bool = True

    def delivery(self, holder: str) -> AbstractContextManager[PostOffice]:
        return nullcontext(self)

    def send(self, mails: Sequence[Mail]) -> Iterator[Outcome]:
        for mail in mails:
            name = mail.to_address.partition("@")[0]
            if name == self.breaks_at:
                self.may_have.add(mail.message_id)
                raise OutOfReach("The connection broke.")
            outcome = self.answers.get(name, Accepted)(mail.message_id)
            if isinstance(outcome, Accepted):
                self.sent.append(name)
            yield outcome

    def settled(self) -> None: ...

    def recall(self, cut_off: Mapping[str, str]) -> Recalled:
        return Recalled(may_have=frozenset(self.may_have & set(cut_off)))


@pytest.fixture
def office(cafe: Cafe) -> PostOffice:
    """Three carts are left, and a mail service is at hand."""
    office = PostOffice()
    cafe.shop = replace(cafe.shop, sender=office)
    cafe.left_behind(MARCH - 3 * HOUR, "ana", "bruno", "clara")
    return office


def states(cafe: Cafe) -> dict[str, str]:
    found = cafe.all(col(Message.to_address), col(Message.state))
    return {address.partition("@")[0]: state for address, state in found}


def message_of(cafe: Cafe, name: str) -> str:
    wanted = select(col(Message.id)).where(col(Message.to_address) == f"{name}@example.com")
    with reading(cafe.engine) as connection:
        return connection.scalars(wanted).one()


def tell(cafe: Cafe, name: str, *kinds: Kind, at: datetime = MARCH, key: str = "") -> int:
    message = message_of(cafe, name)
    told = [
        Told("sendgrid", f"{key}{name}-{kind}", kind, at, message, f"{name}@example.com")
        for kind in kinds
    ]
    return take_in(cafe.shop, told, now=at)


class BreaksAtBruno(PostOffice):
    """A filter on the way that cuts the line whenever it sees this one mail."""

    def send(self, mails: Sequence[Mail]) -> Iterator[Outcome]:
        for mail in mails:
            if mail.to_address.startswith("bruno"):
                raise OutOfReach("The connection broke.")
            yield from super().send([mail])


RULES = """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}, {wait: 1 day}, {send: we-miss-you}]
        at most late: 3 days
        include backlog: yes
"""


def with_rules(test: Callable[..., None]) -> Callable[..., None]:
    test.__doc__ = RULES
    return test


@with_rules
def test_what_a_service_takes_is_sent_and_not_rehearsed(cafe: Cafe, office: PostOffice) -> None:
    assert cafe.counts() == {"sent": 3}
    assert cafe.all(col(Message.through)) == ["smtp"] * 3
    assert cafe.counts() == {}


@with_rules
def test_an_address_that_is_none_gets_nothing_ever_again(cafe: Cafe, office: PostOffice) -> None:
    office.answers["bruno"] = lambda one: NoSuchAddress(one, "550 5.1.1 unknown")
    assert cafe.counts() == {"sent": 2, "failed": 1}
    assert states(cafe)["bruno"] == State.BOUNCED
    assert cafe.all(col(Suppression.address), col(Suppression.reason)) == [
        ("bruno@example.com", "hard bounce")
    ]
    office.answers.clear()
    cafe.cart("bruno", MARCH - 2 * HOUR, key="another")
    assert cafe.counts(MARCH + HOUR) == {"skipped": 1}
    assert office.sent.count("bruno") == 0


@with_rules
def test_a_refused_mail_ends_its_own_series_alone(cafe: Cafe, office: PostOffice) -> None:
    office.answers["bruno"] = lambda one: Refused(one, "552 too big")
    assert cafe.counts() == {"sent": 2, "failed": 1}
    assert cafe.counts(MARCH + DAY) == {"sent": 2}
    assert cafe.all(of=Suppression) == []


@with_rules
def test_a_full_mailbox_is_tried_again_by_the_machines_clock(
    cafe: Cafe, office: PostOffice
) -> None:
    office.answers["bruno"] = lambda one: Later(one, "452 mailbox full")
    assert cafe.counts() == {"sent": 2, "deferred": 1}
    office.answers.clear()
    assert cafe.counts(MARCH + DAY - SECOND) == {}  # `--at` makes no mail server forget
    with writing(cafe.engine) as connection:
        connection.execute(
            update(Message)
            .where(col(Message.retry_at).is_not(None))
            .values(retry_at=datetime.now(UTC) - timedelta(seconds=1))
        )
    assert cafe.counts(MARCH + DAY - SECOND) == {"sent": 1}
    assert office.sent.count("bruno") == 1


@with_rules
def test_a_mailbox_that_stays_full_is_given_up_in_the_end(cafe: Cafe, office: PostOffice) -> None:
    office.answers["bruno"] = lambda one: Later(one, "452 mailbox full")
    cafe.run()
    with writing(cafe.engine) as connection:
        connection.execute(update(Message).values(retry_at=None))
    cafe.run(MARCH + 4 * DAY)
    reasons = dict(cafe.all(col(Message.to_address), col(Message.reason)))
    assert reasons["bruno@example.com"] == (
        "too late: the mail service asks for patience: 452 mailbox full"
    )


@with_rules
def test_what_may_have_gone_is_in_doubt_and_never_sent_again_by_itself(
    cafe: Cafe, office: PostOffice
) -> None:
    office.breaks_at = "bruno"
    with pytest.raises(OutOfReach):
        cafe.run()
    first = len(office.sent)
    office.breaks_at = None
    cafe.run()
    cafe.run(MARCH + DAY)
    assert states(cafe)["bruno"] == State.IN_DOUBT
    assert "bruno" not in office.sent
    assert office.sent.count("ana") == office.sent.count("clara") == 2
    assert first < 3


@with_rules
@pytest.mark.parametrize(
    ("word", "state", "then"),
    [(Word.WENT, State.SENT, 1), (Word.LOST, State.FAILED, 0), (Word.AGAIN, State.SENT, 2)],
)
def test_the_owner_settles_a_doubt(
    cafe: Cafe, office: PostOffice, word: Word, state: State, then: int
) -> None:
    office.breaks_at = "bruno"
    with pytest.raises(OutOfReach):
        cafe.run()
    office.breaks_at = None
    with reading(cafe.engine) as connection:
        [doubt] = doubtful(connection)
    assert settle_doubt(cafe.shop, [doubt.id[:8]], word, now=MARCH) == ([doubt.id], [])
    cafe.run(MARCH + SECOND)
    assert states(cafe)["bruno"] == state
    cafe.run(MARCH + DAY + SECOND)  # the series goes on only where the first mail went
    assert office.sent.count("bruno") == then


@with_rules
def test_only_what_is_in_doubt_can_be_settled(cafe: Cafe, office: PostOffice) -> None:
    cafe.run()
    sent = message_of(cafe, "ana")
    done, refused = settle_doubt(cafe.shop, [sent, "nonsense", ""], Word.AGAIN, now=MARCH)
    assert done == []
    assert len(refused) == 3
    assert office.sent.count("ana") == 1


@with_rules
@pytest.mark.parametrize("kind", [Kind.ACCEPTED, Kind.DELIVERED, Kind.OPENED, Kind.BOUNCED])
def test_a_word_of_the_service_settles_a_doubt(cafe: Cafe, office: PostOffice, kind: Kind) -> None:
    office.breaks_at = "bruno"
    with pytest.raises(OutOfReach):
        cafe.run()
    tell(cafe, "bruno", kind)
    assert states(cafe)["bruno"] in {State.SENT, State.DELIVERED, State.BOUNCED}


@with_rules
def test_a_state_follows_from_all_that_was_told_in_any_order(
    cafe: Cafe, office: PostOffice
) -> None:
    cafe.run()
    kinds = (Kind.ACCEPTED, Kind.DELIVERED, Kind.OPENED, Kind.COMPLAINED)
    for number, order in enumerate(permutations(kinds)):
        for kind in order:
            tell(cafe, "clara", kind, key=f"{number}")
        assert states(cafe)["clara"] == State.COMPLAINED
        with writing(cafe.engine) as connection:
            connection.execute(MailEvent.__table__.delete())  # type: ignore[attr-defined]  # SQLModel's
            connection.execute(update(Message).values(state="sent"))


@with_rules
def test_what_is_told_twice_is_kept_once(cafe: Cafe, office: PostOffice) -> None:
    cafe.run()
    assert tell(cafe, "clara", Kind.DELIVERED, Kind.DELIVERED) == 1
    assert tell(cafe, "clara", Kind.DELIVERED) == 0


@with_rules
def test_what_is_told_while_a_mail_is_under_way_counts_when_it_is_settled(
    cafe: Cafe, office: PostOffice
) -> None:
    def told_at_once(message: str) -> Outcome:
        told = Told("sendgrid", "early", Kind.DELIVERED, MARCH, message, "clara@example.com")
        take_in(cafe.shop, [told], now=MARCH)
        return Accepted(message)

    office.answers["clara"] = told_at_once
    cafe.run()
    assert states(cafe) == {"ana": "sent", "bruno": "sent", "clara": "delivered"}


@with_rules
@pytest.mark.parametrize("kind", [Kind.UNSUBSCRIBED, Kind.COMPLAINED])
def test_who_says_no_at_the_mail_service_has_said_no(
    cafe: Cafe, office: PostOffice, kind: Kind
) -> None:
    cafe.run()
    tell(cafe, "clara", kind, at=MARCH + HOUR)
    cafe.run(MARCH + DAY)
    assert office.sent.count("clara") == 1
    assert office.sent.count("ana") == 2


def soft(cafe: Cafe, name: str, number: int, kind: Kind = Kind.BOUNCED_FOR_NOW) -> None:
    at = MARCH + number * HOUR
    told = Told("sendgrid", f"soft-{number}", kind, at, f"mail-{number}", f"{name}@example.com")
    take_in(cafe.shop, [told], now=at)


@with_rules
@pytest.mark.parametrize(
    ("kinds", "suppressed"),
    [("sssss", True), ("ssss", False), ("ssdsss", False), ("sdsssss", True), ("dddsssssd", True)],
)
def test_five_soft_bounces_in_a_row_are_enough(
    cafe: Cafe, office: PostOffice, kinds: str, suppressed: bool
) -> None:
    for number, kind in enumerate(kinds):
        soft(cafe, "bruno", number, Kind.BOUNCED_FOR_NOW if kind == "s" else Kind.DELIVERED)
    assert bool(cafe.all(of=Suppression)) is suppressed


@with_rules
def test_what_somebody_lifted_stays_lifted_until_it_happens_again(
    cafe: Cafe, office: PostOffice
) -> None:
    for number in range(5):
        soft(cafe, "bruno", number)
    with writing(cafe.engine) as connection:
        lifted = {"lifted_at": MARCH + 10 * HOUR, "lifted_because": "he made room"}
        connection.execute(update(Suppression).values(**lifted))
    soft(cafe, "bruno", 9)  # told late
    soft(cafe, "bruno", 11)
    assert cafe.all(col(Suppression.lifted_because)) == ["he made room"]
    for number in range(12, 16):
        soft(cafe, "bruno", number)
    assert cafe.all(col(Suppression.lifted_at)) == [None]


@with_rules
def test_nothing_goes_where_the_owner_said_so(cafe: Cafe, office: PostOffice) -> None:
    with writing(cafe.engine) as connection:
        suppress(connection, "Bruno@Example.com ", Why.BY_HAND, "he asked me", now=MARCH)
    assert cafe.counts() == {"sent": 2, "skipped": 1}


@with_rules
@pytest.mark.parametrize("rule", [None, "abandoned-cart"])
def test_what_is_stopped_waits_and_then_goes(
    cafe: Cafe, office: PostOffice, rule: str | None
) -> None:
    with writing(cafe.engine) as connection:
        assert stops.stop(connection, rule, "Ana is ill", now=MARCH)
        assert not stops.stop(connection, rule, None, now=MARCH)
    assert cafe.counts() == {"waiting": 3}
    with writing(cafe.engine) as connection:
        assert stops.all_stops(connection) == {rule: (MARCH, "Ana is ill")}
        assert stops.start(connection, rule)
        assert not stops.start(connection, rule)
    assert cafe.counts(MARCH + HOUR) == {"sent": 3}


@with_rules
def test_another_rules_pause_holds_nothing(cafe: Cafe, office: PostOffice) -> None:
    with writing(cafe.engine) as connection:
        stops.stop(connection, "birthday", None, now=MARCH)
    assert cafe.counts() == {"sent": 3}


@with_rules
def test_a_stop_in_the_middle_holds_the_next_batch(
    cafe: Cafe, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.messages.leases.BATCH", 1)

    def stop(message: str) -> Outcome:
        with writing(cafe.engine) as connection:
            stops.stop(connection, None, None, now=MARCH)
        return Accepted(message)

    office.answers = dict.fromkeys(("ana", "bruno", "clara"), stop)
    cafe.run()
    assert len(office.sent) == 1


@with_rules
def test_what_was_stopped_for_too_long_does_not_go(cafe: Cafe, office: PostOffice) -> None:
    with writing(cafe.engine) as connection:
        stops.stop(connection, None, None, now=MARCH)
    cafe.run()
    cafe.run(MARCH + 3 * DAY + SECOND)
    assert set(cafe.all(col(Message.reason))) == {"too late: you had stopped it"}
    assert office.sent == []


@with_rules
def test_a_cart_touched_again_is_reminded_when_it_has_lain_long_enough(
    cafe: Cafe, office: PostOffice
) -> None:
    with writing(cafe.engine) as connection:
        stops.stop(connection, None, None, now=MARCH)
    cafe.run()
    cafe.cart("clara", MARCH + HOUR, version=2)
    with writing(cafe.engine) as connection:
        stops.start(connection, None)
    cafe.run(MARCH + 2 * HOUR)
    assert sorted(office.sent) == ["ana", "bruno"]
    cafe.run(MARCH + 4 * HOUR)
    assert sorted(office.sent) == ["ana", "bruno", "clara"]


@with_rules
def test_a_step_taken_out_while_its_mail_waits_is_not_sent(cafe: Cafe, office: PostOffice) -> None:
    with writing(cafe.engine) as connection:
        stops.stop(connection, None, None, now=MARCH)
    cafe.run()
    file = cafe.path.read_text().replace("{send: cart-reminder}, {wait: 1 day}, ", "")
    cafe.reread(file)
    cafe.shop = replace(cafe.shop, sender=office)
    with writing(cafe.engine) as connection:
        stops.start(connection, None)
    cafe.run(MARCH + HOUR)
    assert office.sent == []
    assert set(cafe.all(col(Message.reason))) == {"the step is no longer in the file"}
    assert set(cafe.all(col(Enrolment.ended))) == {"the step is no longer in the file"}


@with_rules
def test_a_mail_at_which_the_line_always_breaks_keeps_no_other_back(
    cafe: Cafe, office: PostOffice
) -> None:
    office = BreaksAtBruno()
    cafe.shop = replace(cafe.shop, sender=office)
    for _ in range(2):
        with pytest.raises(OutOfReach):
            cafe.run()
    cafe.run()
    assert sorted(office.sent) == ["ana", "clara"]
    assert states(cafe)["bruno"] == State.QUEUED


@with_rules
def test_a_customer_with_capitals_in_her_address_is_suppressed_too(
    cafe: Cafe, office: PostOffice
) -> None:
    cafe.arrive(identities=[identity("dora", email="Dora@Example.com")],
                statements=[statement("dora", "yes", MARCH - DAY)])  # fmt: skip
    cafe.cart("dora", MARCH - 3 * HOUR)
    with writing(cafe.engine) as connection:
        suppress(connection, "dora@example.com", Why.COMPLAINT, None, now=MARCH)
    assert cafe.counts() == {"sent": 3, "skipped": 1}


@with_rules
def test_proof_that_it_went_keeps_a_mail_from_going_again(cafe: Cafe, office: PostOffice) -> None:
    office.breaks_at = "bruno"
    with pytest.raises(OutOfReach):
        cafe.run()
    office.breaks_at = None
    with reading(cafe.engine) as connection:
        [doubt] = doubtful(connection)
    settle_doubt(cafe.shop, [doubt.id], Word.AGAIN, now=MARCH)
    tell(cafe, "bruno", Kind.DELIVERED)
    cafe.run(MARCH + SECOND)
    assert "bruno" not in office.sent
    assert states(cafe)["bruno"] == State.DELIVERED


@with_rules
@pytest.mark.parametrize("when", ["while it is sent", "in doubt"])
def test_what_is_cancelled_while_a_mail_is_under_way_goes_no_further(
    cafe: Cafe, office: PostOffice, when: str
) -> None:
    def cancelling(message: str) -> Outcome:
        cancel(cafe.shop, "abandoned-cart", now=MARCH)
        return Accepted(message)

    if when == "in doubt":
        office.breaks_at = "bruno"
        with pytest.raises(OutOfReach):
            cafe.run()
        cancel(cafe.shop, "abandoned-cart", now=MARCH)
        tell(cafe, "bruno", Kind.DELIVERED)
    else:
        office.answers["clara"] = cancelling
        cafe.run()
    office.breaks_at = None
    before = list(office.sent)
    cafe.run(MARCH + DAY)
    cafe.run(MARCH + 2 * DAY)
    assert office.sent == before
    assert "cancelled" in cafe.all(col(Enrolment.ended))
