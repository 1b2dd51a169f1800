"""The timeline of a customer, and their rhythm in words."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from engine.explain.profile import Purchases
from engine.owner.tasks import complete_tasks, open_tasks
from engine.people.no_mail import NoMail, allow_mail_to, stop_mail_to
from engine.people.rhythm import Gap, describe_rhythm, gaps_between
from engine.people.timeline import Timeline, load_timeline
from shop.consent.delivery_events import record_events
from shop.consent.suppressions import DeliveryEvent, EventKind
from shop.db.engine import read_transaction, write_transaction
from shop.tables import Message
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.engine.explain.explanations import answer_row
from tests.rows import identity, order

RULES = """
loyalty: {earn: 1 point per 1}
rules:
  cart-reminder:
    when: cart abandoned
    for: 3 hours
    then:
      - send: cart-reminder
      - task: Call them
"""


@pytest.fixture
def cafe(engine: Engine, tmp_path: Path) -> Cafe:
    """Clara, with some of everything."""
    cafe = Cafe(engine, tmp_path, RULES)
    cafe.run(MARCH - 4 * DAY)
    cafe.customer("clara")
    cafe.visits("clara", MARCH - 3 * DAY, title="Flat\u202e white")
    cafe.arrive(answers=[answer_row("clara", MARCH - 2 * DAY)])
    cafe.cart("clara", MARCH - 4 * HOUR)
    cafe.run(MARCH)
    cafe.run(MARCH + HOUR)
    (mail,) = cafe.select_all(Message.id)
    opened = DeliveryEvent("smtp", "1", EventKind.OPENED, MARCH + HOUR, mail, by_machine=True)
    with write_transaction(engine) as connection:
        record_events(connection, [opened], now=MARCH + HOUR)
        tasks = [task.id for task in open_tasks(connection, 1)]
        complete_tasks(connection, tasks, now=MARCH + 2 * HOUR)
    assert stop_mail_to(cafe.shop, 1, "asked", now=MARCH + 3 * HOUR) is NoMail.STOPPED
    assert allow_mail_to(cafe.shop, 1, "changed their mind", now=MARCH + 4 * HOUR) is NoMail.LIFTED
    cafe.arrive(identities=[identity("c2", email="clara@example.com")])
    return cafe


def timeline(cafe: Cafe, **options: object) -> Timeline:
    with read_transaction(cafe.engine) as connection:
        return load_timeline(connection, 1, **options)  # type: ignore[arg-type]  # options by name


def test_a_timeline_tells_everything_newest_first(cafe: Cafe) -> None:
    entries = timeline(cafe).entries
    assert [entry.kind for entry in entries] == [
        "lifting", "suppression", "task done", "task", "mail event", "mail", "cart", "answer",
        "points", "order", "consent",
    ]  # fmt: skip
    order_entry = next(entry for entry in entries if entry.kind == "order")
    assert order_entry.detail == "Flat white"
    assert (order_entry.amount, order_entry.currency) == (Decimal("12.50"), "EUR")
    assert "by a machine" in str(next(e for e in entries if e.kind == "mail event").detail)


@pytest.mark.parametrize("size", [1, 3, 100])
def test_parts_of_a_timeline_tell_each_thing_once(cafe: Cafe, size: int) -> None:
    moment = MARCH - DAY
    keys = [f"same-{number}" for number in range(5)]
    cafe.arrive(orders=[order(key, "clara", moment) for key in keys])
    cafe.cart("clara", moment, key="another")
    whole, parts = timeline(cafe, size=100), list(timeline(cafe, size=size).entries)
    older = timeline(cafe, size=size).older
    while older:
        part = timeline(cafe, size=size, before=older)
        parts, older = [*parts, *part.entries], part.older
    assert parts == whole.entries
    assert len({(entry.at, entry.kind, entry.record) for entry in parts}) == len(parts)


@pytest.mark.parametrize("before", ["x", "é", "WzEsMl0", "WzEsICJvcmRlciIsICJ4Il0", "bnVsbA"])
def test_a_place_that_is_none_begins_with_the_newest(cafe: Cafe, before: str) -> None:
    assert timeline(cafe, before=before) == timeline(cafe)


def test_two_records_that_became_one_person_are_told(cafe: Cafe) -> None:
    cafe.arrive(
        identities=[identity("b", email="c@b.example", phone="+351912345678", first_name="Clara")]
    )
    with_phone = identity("clara", email="clara@example.com", phone="+351912345678", version=3)
    cafe.arrive(identities=[with_phone])
    merge = next(entry for entry in timeline(cafe).entries if entry.kind == "merge")
    assert merge.detail == "customer 2, by the same phone"


def test_stopping_mail_twice_says_that_it_was_done_before(cafe: Cafe) -> None:
    assert allow_mail_to(cafe.shop, 1, "x", now=MARCH) is NoMail.LIFTED_BEFORE
    stop_mail_to(cafe.shop, 1, "", now=MARCH + DAY)
    assert stop_mail_to(cafe.shop, 1, "", now=MARCH + DAY) is NoMail.STOPPED_BEFORE


@pytest.mark.parametrize(
    ("days_ago", "overdue_in", "sentence"),
    [
        (23, -1, "Was last here 23 days ago, usually comes every 7 days; overdue since 2 March."),
        (1, 3, "Was last here yesterday, usually comes every 7 days; overdue from 6 March on."),
        (0, 3, "Was last here today, usually comes every 7 days; overdue from 6 March on."),
    ],
)
def test_a_rhythm_is_told_in_words(days_ago: int, overdue_in: int, sentence: str) -> None:
    last = MARCH - days_ago * DAY
    expected = MARCH + overdue_in * DAY
    bought = Purchases(4, 4, Decimal(1), "EUR", last - timedelta(days=21), last, expected)
    zone = ZoneInfo("Europe/Lisbon")
    assert describe_rhythm(bought, now=MARCH, zone=zone) == sentence
    few = Purchases(2, 2, Decimal(1), "EUR", last, last, None)
    assert "too few visits" in describe_rhythm(few, now=MARCH, zone=zone)
    assert "not been here" in describe_rhythm(None, now=MARCH, zone=zone)


def test_gaps_are_the_days_between_visits() -> None:
    days = [date(2026, 2, 1), date(2026, 2, 8), date(2026, 2, 9)]
    assert gaps_between(days) == [Gap(date(2026, 2, 8), 7), Gap(date(2026, 2, 9), 1)]
