"""What counts as corrected, where a correction did not go, and two customers who are one."""

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
from engine.messages.delivery_events import take_in
from engine.messages.in_doubt import Word, settle_doubt
from engine.owner import approvals, pause
from engine.owner.corrections import Oops, oops
from mail.senders.outbox.sender import Outbox
from shop.consent.suppressions import Kind, Told
from shop.db.engine import reading, writing
from shop.tables import Message
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.engine.delivery.test_sender_outcomes import with_rules
from tests.engine.owner.wrong_mail import LATER, WEEK, Office, carts, corrections, let_go, say_oops
from tests.rows import identity

on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
AGAIN = LATER + 2 * HOUR
ANOTHER = "stopped: the same customer gets another correction"


@pytest.fixture
def office(cafe: Cafe) -> Office:
    office = Office()
    cafe.shop = replace(cafe.shop, sender=office)
    return office


def lost(cafe: Cafe, office: Office) -> None:
    """In doubt it counts; the owner finds out that it never arrived."""
    let_go(cafe)
    office.breaks_at = "ana"
    with pytest.raises(Exception, match="broke"):
        cafe.run(LATER + HOUR)
    office.breaks_at = None
    assert say_oops(cafe, LATER + HOUR).drafted == 0
    settle_doubt(cafe.shop, [_correction(cafe)], Word.LOST, now=LATER + HOUR)


def rehearsed(cafe: Cafe, office: Office) -> None:
    """In a fright the owner went back to the folder, and approved it there."""
    let_go(cafe)
    cafe.shop = replace(cafe.shop, sender=Outbox(cafe.outbox))
    cafe.run(LATER + HOUR)
    cafe.shop = replace(cafe.shop, sender=office)


def failed(cafe: Cafe, office: Office) -> None:
    """The owner's own letter has a slip in it."""
    own = cafe.path.parent / "templates" / "correction.html"
    own.parent.mkdir()
    own.write_text("{% block content %}{{ mistake.subjectt }}{% endblock %}")
    let_go(cafe)
    cafe.reread()
    cafe.shop = replace(cafe.shop, sender=office)
    cafe.run(LATER + HOUR)
    own.unlink()
    cafe.reread()
    cafe.shop = replace(cafe.shop, sender=office)


def declined(cafe: Cafe, _office: Office) -> None:
    approvals.decline(cafe.shop, ["oops:abandoned-cart"], because="wording", now=LATER)


def bounced(cafe: Cafe, _office: Office) -> None:
    let_go(cafe)
    cafe.run(LATER + HOUR)
    _bounces(cafe, _correction(cafe), LATER + HOUR)


def skipped(cafe: Cafe, _office: Office) -> None:
    """She said no, and thought better of it."""
    let_go(cafe)
    cafe.says("ana", "no", LATER)
    cafe.run(LATER + HOUR)
    cafe.says("ana", "yes", LATER + HOUR + SECOND)


def _correction(cafe: Cafe) -> str:
    found = cafe.all(col(Message.id), col(Message.rule))
    [one] = [message for message, rule in found if rule.startswith("oops:")]
    return str(one)


def _bounces(cafe: Cafe, message: str, at: datetime) -> None:
    told = Told("smtp", "key", Kind.BOUNCED_FOR_NOW, at, message, "ana@example.com", None)
    take_in(cafe.shop, [told], now=at)


@on_sqlite
@pytest.mark.parametrize(
    ("ended", "came_to"),
    [
        (lost, "failed"),
        (rehearsed, "rehearsed"),
        (failed, "failed"),
        (declined, "declined"),
        (bounced, "bounced"),
        (skipped, "skipped"),
    ],
)
@with_rules
def test_a_correction_that_did_not_go_is_drafted_anew(
    cafe: Cafe, office: Office, ended: Callable[[Cafe, Office], None], came_to: str
) -> None:
    carts(cafe, "ana")
    cafe.run()
    say_oops(cafe)
    ended(cafe, office)
    assert [state for state, _ in corrections(cafe)] == [came_to]
    office.mails.clear()
    again = say_oops(cafe, AGAIN)
    assert (again.drafted, again.people[0].correction) == (1, "awaiting approval")
    assert say_oops(cafe, AGAIN).drafted == 0
    let_go(cafe, AGAIN)
    cafe.run(AGAIN + HOUR)
    assert len(office.corrections()) == 1
    assert sorted(state for state, _ in corrections(cafe)) == sorted([came_to, "sent"])
    assert say_oops(cafe, AGAIN + HOUR).drafted == 0


@with_rules
@pytest.mark.parametrize("became", ["bounced", "lost"])
def test_where_the_latest_mail_never_came_the_one_before_it_is_put_right(
    cafe: Cafe, office: Office, became: str
) -> None:
    carts(cafe, "ana")
    cafe.run()
    cafe.run(MARCH + DAY + HOUR)
    at = MARCH + DAY + 2 * HOUR
    found = cafe.all(col(Message.id), col(Message.template))
    [latest] = [message for message, template in found if template == "we-miss-you"]
    if became == "lost":
        with writing(cafe.engine) as connection:
            doubt = update(Message).where(col(Message.id) == latest)
            connection.execute(doubt.values(state="in doubt"))
    assert say_oops(cafe, at).people[0].template == "we-miss-you"
    if became == "lost":
        settle_doubt(cafe.shop, [latest], Word.LOST, now=at)
    else:
        _bounces(cafe, latest, at)
    again = say_oops(cafe, at)
    assert [(one.template, one.correction) for one in again.people] == [
        ("cart-reminder", "awaiting approval")
    ]
    let_go(cafe, at)
    cafe.run(at + HOUR)
    [mail] = office.corrections()
    assert "3 March" in mail.subject
    assert say_oops(cafe, at + HOUR).drafted == 0


@with_rules
def test_two_customers_who_turn_out_to_be_one_get_one_correction(
    cafe: Cafe, office: Office
) -> None:
    carts(cafe, "ana", "bruno")
    cafe.run()
    assert say_oops(cafe).drafted == 2
    cafe.arrive(identities=[identity("bruno", email="ana@example.com", version=5)])
    let_go(cafe)
    cafe.run(LATER + HOUR)
    assert len(office.corrections()) == 1
    assert corrections(cafe) == [("sent", None), ("skipped", ANOTHER)]
    assert say_oops(cafe, AGAIN).drafted == 0


@on_sqlite
@with_rules
def test_nor_a_second_one_after_the_first_went(cafe: Cafe, office: Office) -> None:
    carts(cafe, "ana")
    cafe.run()
    carts(cafe, "bruno")
    cafe.run(MARCH + HOUR)
    say_oops(cafe, AGAIN)
    with reading(cafe.engine) as connection:
        first, second = sorted(approvals.waiting(connection), key=lambda one: one.customer)
    approvals.approve(cafe.shop, [first.id], now=AGAIN)
    cafe.run(AGAIN)
    cafe.arrive(identities=[identity("bruno", email="ana@example.com", version=5)])
    approvals.approve(cafe.shop, [second.id], now=AGAIN)
    cafe.run(AGAIN + HOUR)
    assert len(office.corrections()) == 1
    assert corrections(cafe) == [("sent", None), ("skipped", ANOTHER)]


@on_sqlite
@with_rules
def test_a_correction_that_still_waits_for_a_word_keeps_no_approved_one_back(
    cafe: Cafe, office: Office
) -> None:
    carts(cafe, "ana", "bruno")
    cafe.run()
    say_oops(cafe)
    cafe.arrive(identities=[identity("bruno", email="ana@example.com", version=5)])
    with reading(cafe.engine) as connection:
        lower, _ = sorted(one.id for one in approvals.waiting(connection))
    approvals.approve(cafe.shop, [lower], now=LATER)
    cafe.run(LATER + HOUR)
    assert corrections(cafe) == [("awaiting approval", None), ("sent", None)]


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@with_rules
def test_mails_that_a_delivery_has_just_taken_are_waited_for(
    cafe: Cafe, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    carts(cafe, "ana", "bruno")
    done: list[Oops] = []
    since = MARCH - WEEK

    def say() -> None:
        done.append(oops(cafe.shop, "abandoned-cart", since=since, saying="", now=MARCH))

    owner = Thread(target=say)

    def meanwhile(*given: Any, **more: Any) -> Any:
        """The mails are locked, and what is to become of them is not written down yet."""
        owner.start()
        _until_it_waits(cafe, owner)
        return load_messages.gather(*given, **more)

    monkeypatch.setattr(deliver, "gather", meanwhile)
    cafe.run()
    owner.join(10)
    assert sorted(office.sent) == ["ana", "bruno"]
    [told] = done
    assert (told.drafted, told.held) == (2, 0)


def _until_it_waits(cafe: Cafe, owner: Thread) -> None:
    """For a lock; or is through, where it did not wait."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(500):
        with reading(cafe.engine) as connection:
            if connection.scalar(waiting) or not owner.is_alive():
                return
        time.sleep(0.01)


@on_sqlite
@with_rules
def test_a_rehearsal_that_is_being_written_is_nobodys_mistake(cafe: Cafe) -> None:
    carts(cafe, "ana")
    cafe.run()
    under_way = {"state": "sending", "claimed_by": "1@elsewhere/1/1", "through": "outbox"}
    until = datetime.now(UTC) + HOUR
    with writing(cafe.engine) as connection:
        connection.execute(update(Message).values(**under_way, claimed_until=until))
    assert say_oops(cafe).people == []


@on_sqlite
@with_rules
def test_a_correction_is_counted_under_its_own_name_alone(cafe: Cafe, office: Office) -> None:
    carts(cafe, "ana")
    cafe.run()
    say_oops(cafe)
    let_go(cafe)
    pause.go_on(cafe.shop, "abandoned-cart")
    counts = cafe.run(MARCH + DAY + HOUR)
    assert sorted(office.sent) == ["ana", "ana", "ana"]
    assert {rule: dict(one.outcomes) for rule, one in counts.items()} == {
        "abandoned-cart": {"sent": 1}, "oops:abandoned-cart": {"sent": 1},
    }  # fmt: skip


@on_sqlite
@with_rules
def test_a_basket_touched_again_puts_no_correction_off(cafe: Cafe, office: Office) -> None:
    """The shop's platform may be ahead of our clock."""
    carts(cafe, "ana")
    cafe.run()
    say_oops(cafe)
    let_go(cafe)
    cafe.cart("ana", LATER + 3 * HOUR, version=2)
    cafe.run(LATER + HOUR)
    assert corrections(cafe) == [("sent", None)]
