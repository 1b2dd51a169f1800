"""Outcomes of sending: immediate answers, delivery events, and missing answers."""

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
from engine.messages.delivery_events import receive_events
from engine.messages.in_doubt import (
    DoubtDecision,
    list_doubtful,
    settle_doubt,
    settle_every_doubt,
)
from engine.owner.pause import cancel_rule
from mail.message.mime import Mail
from mail.senders.protocol import (
    UNCHECKED,
    Accepted,
    NoSuchAddress,
    Outcome,
    RecallResult,
    Refused,
    SendCheck,
    TemporaryFailure,
    Withheld,
)
from settings.errors import UnavailableError
from shop.consent.suppressions import DeliveryEvent, EventKind, SuppressionReason, suppress_address
from shop.db import stops
from shop.db.engine import read_transaction, write_transaction
from shop.tables import Enrolment, MailEvent, Message, Suppression
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.rows import identity, statement


@dataclass
class FakeMailService:
    """A mail service with prepared answers by customer name."""

    answers: dict[str, Callable[[str], Outcome]] = field(default_factory=dict)
    breaks_at: str | None = None
    may_have: set[str] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)
    name: str = "smtp"
    reaches_people: bool = True
    opened: Callable[[str], object] = str  # gets the lease owner of each delivery

    def delivery(self, lease_owner: str) -> AbstractContextManager[FakeMailService]:
        self.opened(lease_owner)
        return nullcontext(self)

    def send(self, mails: Sequence[Mail], check: SendCheck = UNCHECKED) -> Iterator[Outcome]:
        for mail in mails:
            name = mail.to_address.partition("@")[0]
            if name == self.breaks_at:
                self.may_have.add(mail.message_id)
                raise UnavailableError("The connection broke.")
            if not check.permitted([mail.message_id]):
                yield Withheld(mail.message_id)
                continue
            outcome = self.answers.get(name, Accepted)(mail.message_id)
            if isinstance(outcome, Accepted):
                self.sent.append(name)
            yield outcome

    def outcomes_saved(self) -> None: ...

    def recall(self, leases: Mapping[str, str]) -> RecallResult:
        return RecallResult(in_doubt=frozenset(self.may_have & set(leases)))


@pytest.fixture
def mail_service(cafe: Cafe) -> FakeMailService:
    """A fake mail service, and three abandoned carts."""
    mail_service = FakeMailService()
    cafe.shop = replace(cafe.shop, sender=mail_service)
    cafe.leave_carts(MARCH - 3 * HOUR, "ana", "bruno", "clara")
    return mail_service


def states_by_name(cafe: Cafe) -> dict[str, str]:
    rows = cafe.select_all(col(Message.to_address), col(Message.state))
    return {address.partition("@")[0]: state for address, state in rows}


def message_id_of(cafe: Cafe, name: str) -> str:
    query = select(col(Message.id)).where(col(Message.to_address) == f"{name}@example.com")
    with read_transaction(cafe.engine) as connection:
        return connection.scalars(query).one()


def receive(cafe: Cafe, name: str, *kinds: EventKind, at: datetime = MARCH, key: str = "") -> int:
    message_id = message_id_of(cafe, name)
    events = [
        DeliveryEvent(
            "sendgrid", f"{key}{name}-{kind}", kind, at, message_id, f"{name}@example.com"
        )
        for kind in kinds
    ]
    return receive_events(cafe.shop, events, now=at)


class BreaksAtBruno(FakeMailService):
    """The connection breaks at one mail, every time."""

    def send(self, mails: Sequence[Mail], check: SendCheck = UNCHECKED) -> Iterator[Outcome]:
        for mail in mails:
            if mail.to_address.startswith("bruno"):
                raise UnavailableError("The connection broke.")
            yield from super().send([mail], check)


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
def test_accepted_mails_are_sent_and_not_rehearsed(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    assert cafe.counts() == {"sent": 3}
    assert cafe.select_all(col(Message.through)) == ["smtp"] * 3
    assert cafe.counts() == {}


@with_rules
def test_an_unknown_address_is_suppressed(cafe: Cafe, mail_service: FakeMailService) -> None:
    mail_service.answers["bruno"] = lambda message_id: NoSuchAddress(
        message_id, "550 5.1.1 unknown"
    )
    assert cafe.counts() == {"sent": 2, "failed": 1}
    assert states_by_name(cafe)["bruno"] == State.BOUNCED
    assert cafe.select_all(col(Suppression.address), col(Suppression.reason)) == [
        ("bruno@example.com", "hard bounce")
    ]
    mail_service.answers.clear()
    cafe.cart("bruno", MARCH + HOUR, key="another")
    assert cafe.counts(MARCH + 4 * HOUR) == {"skipped": 1}
    assert mail_service.sent.count("bruno") == 0


@with_rules
def test_a_refused_mail_ends_its_own_series_alone(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    mail_service.answers["bruno"] = lambda message_id: Refused(message_id, "552 too big")
    assert cafe.counts() == {"sent": 2, "failed": 1}
    assert cafe.counts(MARCH + DAY) == {"sent": 2}
    assert cafe.select_all(model=Suppression) == []


@with_rules
def test_a_full_mailbox_is_tried_again_by_the_machines_clock(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    mail_service.answers["bruno"] = lambda message_id: TemporaryFailure(
        message_id, "452 mailbox full"
    )
    assert cafe.counts() == {"sent": 2, "deferred": 1}
    mail_service.answers.clear()
    assert cafe.counts(MARCH + DAY - SECOND) == {}  # `--at` does not move a server's clock
    with write_transaction(cafe.engine) as connection:
        connection.execute(
            update(Message)
            .where(col(Message.retry_at).is_not(None))
            .values(retry_at=datetime.now(UTC) - timedelta(seconds=1))
        )
    assert cafe.counts(MARCH + DAY - SECOND) == {"sent": 1}
    assert mail_service.sent.count("bruno") == 1


@with_rules
def test_a_mailbox_that_stays_full_is_given_up_in_the_end(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    mail_service.answers["bruno"] = lambda message_id: TemporaryFailure(
        message_id, "452 mailbox full"
    )
    cafe.run()
    with write_transaction(cafe.engine) as connection:
        connection.execute(update(Message).values(retry_at=None))
    cafe.run(MARCH + 4 * DAY)
    reasons = dict(cafe.select_all(col(Message.to_address), col(Message.reason)))
    assert reasons["bruno@example.com"] == (
        "too late: the mail service asks for patience: 452 mailbox full"
    )


@with_rules
def test_a_possibly_sent_mail_is_in_doubt_and_never_resent_automatically(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    mail_service.breaks_at = "bruno"
    with pytest.raises(UnavailableError):
        cafe.run()
    sent_before_break = len(mail_service.sent)
    mail_service.breaks_at = None
    cafe.run()
    cafe.run(MARCH + DAY)
    assert states_by_name(cafe)["bruno"] == State.IN_DOUBT
    assert "bruno" not in mail_service.sent
    assert mail_service.sent.count("ana") == mail_service.sent.count("clara") == 2
    assert sent_before_break < 3


@with_rules
@pytest.mark.parametrize(
    ("word", "state", "then"),
    [
        (DoubtDecision.WENT, State.SENT, 1),
        (DoubtDecision.LOST, State.FAILED, 0),
        (DoubtDecision.AGAIN, State.SENT, 2),
    ],
)
def test_the_owner_settles_a_doubt(
    cafe: Cafe, mail_service: FakeMailService, word: DoubtDecision, state: State, then: int
) -> None:
    mail_service.breaks_at = "bruno"
    with pytest.raises(UnavailableError):
        cafe.run()
    mail_service.breaks_at = None
    with read_transaction(cafe.engine) as connection:
        [doubt] = list_doubtful(connection)
    assert settle_doubt(cafe.shop, [doubt.id[:8]], word, now=MARCH) == ([doubt.id], [])
    cafe.run(MARCH + SECOND)
    assert states_by_name(cafe)["bruno"] == state
    cafe.run(MARCH + DAY + SECOND)  # the series goes on only if the first mail was sent
    assert mail_service.sent.count("bruno") == then


class BreaksAlways(FakeMailService):
    """Nobody knows what became of any mail."""

    def send(self, mails: Sequence[Mail], check: SendCheck = UNCHECKED) -> Iterator[Outcome]:
        self.may_have.update(mail.message_id for mail in mails)
        yield from ()
        raise UnavailableError("The connection broke.")


@pytest.fixture
def all_in_doubt(cafe: Cafe, mail_service: FakeMailService) -> FakeMailService:
    cafe.shop = replace(cafe.shop, sender=BreaksAlways())
    with pytest.raises(UnavailableError):
        cafe.run()
    cafe.shop = replace(cafe.shop, sender=mail_service)
    return mail_service


@with_rules
def test_all_mails_of_a_rule_are_settled_by_its_name(
    cafe: Cafe, all_in_doubt: FakeMailService
) -> None:
    settled, refused = settle_doubt(
        cafe.shop, ["abandoned-cart", "birthday"], DoubtDecision.AGAIN, now=MARCH
    )
    assert sorted(settled) == sorted(cafe.select_all(col(Message.id)))
    assert [sentence.partition(" ")[0] for sentence in refused] == ["birthday"]
    cafe.run()
    assert sorted(all_in_doubt.sent) == ["ana", "bruno", "clara"]


@with_rules
def test_all_doubts_are_settled_at_once(
    cafe: Cafe, all_in_doubt: FakeMailService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.messages.in_doubt.BATCH_SIZE", 2)
    assert settle_every_doubt(cafe.shop, DoubtDecision.WENT, now=MARCH) == 3
    assert set(cafe.select_all(col(Message.state))) == {State.SENT}
    assert settle_every_doubt(cafe.shop, DoubtDecision.WENT, now=MARCH) == 0
    assert all_in_doubt.sent == []


@with_rules
def test_only_what_is_in_doubt_can_be_settled(cafe: Cafe, mail_service: FakeMailService) -> None:
    cafe.run()
    sent = message_id_of(cafe, "ana")
    settled, refused = settle_doubt(
        cafe.shop, [sent, "nonsense", ""], DoubtDecision.AGAIN, now=MARCH
    )
    assert settled == []
    assert len(refused) == 3
    assert mail_service.sent.count("ana") == 1


@with_rules
@pytest.mark.parametrize(
    "kind", [EventKind.ACCEPTED, EventKind.DELIVERED, EventKind.OPENED, EventKind.BOUNCED]
)
def test_a_delivery_event_settles_a_doubt(
    cafe: Cafe, mail_service: FakeMailService, kind: EventKind
) -> None:
    mail_service.breaks_at = "bruno"
    with pytest.raises(UnavailableError):
        cafe.run()
    receive(cafe, "bruno", kind)
    assert states_by_name(cafe)["bruno"] in {State.SENT, State.DELIVERED, State.BOUNCED}


@with_rules
def test_a_state_follows_from_all_events_in_any_order(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    cafe.run()
    kinds = (EventKind.ACCEPTED, EventKind.DELIVERED, EventKind.OPENED, EventKind.COMPLAINED)
    for number, order in enumerate(permutations(kinds)):
        for kind in order:
            receive(cafe, "clara", kind, key=f"{number}")
        assert states_by_name(cafe)["clara"] == State.COMPLAINED
        with write_transaction(cafe.engine) as connection:
            connection.execute(MailEvent.__table__.delete())  # type: ignore[attr-defined]  # SQLModel's
            connection.execute(update(Message).values(state="sent"))


@with_rules
def test_a_repeated_event_is_stored_once(cafe: Cafe, mail_service: FakeMailService) -> None:
    cafe.run()
    assert receive(cafe, "clara", EventKind.DELIVERED, EventKind.DELIVERED) == 1
    assert receive(cafe, "clara", EventKind.DELIVERED) == 0


@with_rules
def test_an_event_during_sending_counts_when_the_mail_is_settled(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    def deliver_event_at_once(message: str) -> Outcome:
        event = DeliveryEvent(
            "sendgrid", "early", EventKind.DELIVERED, MARCH, message, "clara@example.com"
        )
        receive_events(cafe.shop, [event], now=MARCH)
        return Accepted(message)

    mail_service.answers["clara"] = deliver_event_at_once
    cafe.run()
    assert states_by_name(cafe) == {"ana": "sent", "bruno": "sent", "clara": "delivered"}


@with_rules
@pytest.mark.parametrize("kind", [EventKind.UNSUBSCRIBED, EventKind.COMPLAINED])
def test_an_unsubscribe_or_complaint_event_is_an_opt_out(
    cafe: Cafe, mail_service: FakeMailService, kind: EventKind
) -> None:
    cafe.run()
    receive(cafe, "clara", kind, at=MARCH + HOUR)
    cafe.run(MARCH + DAY)
    assert mail_service.sent.count("clara") == 1
    assert mail_service.sent.count("ana") == 2


def receive_soft_bounce(
    cafe: Cafe, name: str, number: int, kind: EventKind = EventKind.SOFT_BOUNCED
) -> None:
    received_at = MARCH + number * HOUR
    event = DeliveryEvent(
        "sendgrid", f"soft-{number}", kind, received_at, f"mail-{number}", f"{name}@example.com"
    )
    receive_events(cafe.shop, [event], now=received_at)


@with_rules
@pytest.mark.parametrize(
    ("kinds", "suppressed"),
    [("sssss", True), ("ssss", False), ("ssdsss", False), ("sdsssss", True), ("dddsssssd", True)],
)
def test_five_soft_bounces_in_a_row_are_enough(
    cafe: Cafe, mail_service: FakeMailService, kinds: str, suppressed: bool
) -> None:
    for number, kind in enumerate(kinds):
        receive_soft_bounce(
            cafe, "bruno", number, EventKind.SOFT_BOUNCED if kind == "s" else EventKind.DELIVERED
        )
    assert bool(cafe.select_all(model=Suppression)) is suppressed


@with_rules
def test_a_lifted_suppression_stays_lifted_until_new_bounces(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    for number in range(5):
        receive_soft_bounce(cafe, "bruno", number)
    with write_transaction(cafe.engine) as connection:
        columns = {"lifted_at": MARCH + 10 * HOUR, "lifted_because": "he made room"}
        connection.execute(update(Suppression).values(**columns))
    receive_soft_bounce(cafe, "bruno", 9)  # arrives late
    receive_soft_bounce(cafe, "bruno", 11)
    assert cafe.select_all(col(Suppression.lifted_because)) == ["he made room"]
    for number in range(12, 16):
        receive_soft_bounce(cafe, "bruno", number)
    assert cafe.select_all(col(Suppression.lifted_at)) == [None]


@with_rules
def test_an_address_suppressed_by_hand_gets_nothing(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    with write_transaction(cafe.engine) as connection:
        suppress_address(
            connection, "Bruno@Example.com ", SuppressionReason.BY_HAND, "he asked me", now=MARCH
        )
    assert cafe.counts() == {"sent": 2, "skipped": 1}


@with_rules
@pytest.mark.parametrize("rule", [None, "abandoned-cart"])
def test_stopped_mails_wait_and_go_after_the_start(
    cafe: Cafe, mail_service: FakeMailService, rule: str | None
) -> None:
    with write_transaction(cafe.engine) as connection:
        assert stops.stop_mail(connection, rule, "Ana is ill", now=MARCH)
        assert not stops.stop_mail(connection, rule, None, now=MARCH)
    assert cafe.counts() == {"waiting": 3}
    with write_transaction(cafe.engine) as connection:
        assert stops.load_stops(connection) == {rule: (MARCH, "Ana is ill")}
        assert stops.resume_mail(connection, rule)
        assert not stops.resume_mail(connection, rule)
    assert cafe.counts(MARCH + HOUR) == {"sent": 3}


@with_rules
def test_another_rules_pause_holds_nothing(cafe: Cafe, mail_service: FakeMailService) -> None:
    with write_transaction(cafe.engine) as connection:
        stops.stop_mail(connection, "birthday", None, now=MARCH)
    assert cafe.counts() == {"sent": 3}


@with_rules
def test_a_stop_in_the_middle_holds_the_next_mail(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    def stop(message: str) -> Outcome:
        with write_transaction(cafe.engine) as connection:
            stops.stop_mail(connection, None, None, now=MARCH)
        return Accepted(message)

    mail_service.answers = dict.fromkeys(("ana", "bruno", "clara"), stop)
    cafe.run()
    assert len(mail_service.sent) == 1


@with_rules
def test_mails_stopped_past_their_deadline_are_skipped(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    with write_transaction(cafe.engine) as connection:
        stops.stop_mail(connection, None, None, now=MARCH)
    cafe.run()
    cafe.run(MARCH + 3 * DAY + SECOND)
    assert set(cafe.select_all(col(Message.reason))) == {"too late: you had stopped it"}
    assert mail_service.sent == []


@with_rules
def test_a_cart_touched_again_is_reminded_when_it_has_lain_long_enough(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    with write_transaction(cafe.engine) as connection:
        stops.stop_mail(connection, None, None, now=MARCH)
    cafe.run()
    cafe.cart("clara", MARCH + HOUR, version=2)
    with write_transaction(cafe.engine) as connection:
        stops.resume_mail(connection, None)
    cafe.run(MARCH + 2 * HOUR)
    assert sorted(mail_service.sent) == ["ana", "bruno"]
    cafe.run(MARCH + 4 * HOUR)
    assert sorted(mail_service.sent) == ["ana", "bruno", "clara"]


@with_rules
def test_a_step_taken_out_while_its_mail_waits_is_not_sent(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    with write_transaction(cafe.engine) as connection:
        stops.stop_mail(connection, None, None, now=MARCH)
    cafe.run()
    file = cafe.path.read_text().replace("{send: cart-reminder}, {wait: 1 day}, ", "")
    cafe.reread(file)
    cafe.shop = replace(cafe.shop, sender=mail_service)
    with write_transaction(cafe.engine) as connection:
        stops.resume_mail(connection, None)
    cafe.run(MARCH + HOUR)
    assert mail_service.sent == []
    assert set(cafe.select_all(col(Message.reason))) == {"the step is no longer in the file"}
    assert set(cafe.select_all(col(Enrolment.ended))) == {None}
    cafe.run(MARCH + 2 * HOUR)
    assert sorted(mail_service.sent) == ["ana", "bruno", "clara"]  # what followed it goes on


@with_rules
def test_a_mail_that_always_breaks_the_connection_holds_back_no_other(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    mail_service = BreaksAtBruno()
    cafe.shop = replace(cafe.shop, sender=mail_service)
    for _ in range(2):
        with pytest.raises(UnavailableError):
            cafe.run()
    cafe.run()
    assert sorted(mail_service.sent) == ["ana", "clara"]
    assert states_by_name(cafe)["bruno"] == State.QUEUED


@with_rules
def test_a_customer_with_capitals_in_her_address_is_suppressed_too(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    cafe.arrive(identities=[identity("dora", email="Dora@Example.com")],
                statements=[statement("dora", "yes", MARCH - DAY)])  # fmt: skip
    cafe.cart("dora", MARCH - 3 * HOUR)
    with write_transaction(cafe.engine) as connection:
        suppress_address(
            connection, "dora@example.com", SuppressionReason.COMPLAINT, None, now=MARCH
        )
    assert cafe.counts() == {"sent": 3, "skipped": 1}


@with_rules
def test_proof_that_it_went_keeps_a_mail_from_going_again(
    cafe: Cafe, mail_service: FakeMailService
) -> None:
    mail_service.breaks_at = "bruno"
    with pytest.raises(UnavailableError):
        cafe.run()
    mail_service.breaks_at = None
    with read_transaction(cafe.engine) as connection:
        [doubt] = list_doubtful(connection)
    settle_doubt(cafe.shop, [doubt.id], DoubtDecision.AGAIN, now=MARCH)
    receive(cafe, "bruno", EventKind.DELIVERED)
    cafe.run(MARCH + SECOND)
    assert "bruno" not in mail_service.sent
    assert states_by_name(cafe)["bruno"] == State.DELIVERED


@with_rules
@pytest.mark.parametrize("moment", ["while it is sent", "in doubt"])
def test_a_series_cancelled_during_sending_goes_no_further(
    cafe: Cafe, mail_service: FakeMailService, moment: str
) -> None:
    def cancelling(message: str) -> Outcome:
        cancel_rule(cafe.shop, "abandoned-cart", now=MARCH)
        return Accepted(message)

    if moment == "in doubt":
        mail_service.breaks_at = "bruno"
        with pytest.raises(UnavailableError):
            cafe.run()
        cancel_rule(cafe.shop, "abandoned-cart", now=MARCH)
        receive(cafe, "bruno", EventKind.DELIVERED)
    else:
        mail_service.answers["clara"] = cancelling
        cafe.run()
    mail_service.breaks_at = None
    sent_before = list(mail_service.sent)
    cafe.run(MARCH + DAY)
    cafe.run(MARCH + 2 * DAY)
    assert mail_service.sent == sent_before
    assert "cancelled" in cafe.select_all(col(Enrolment.ended))
