"""A mail that rests on something not happening waits until the source that would tell is read."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import col

from connectors.cursors import save_failed, save_finished
from connectors.sync import WHOLE_SOURCE
from engine.delivery.data_age import LeftCart, SourceReading, find_outdated
from engine.explain.explain import explain_customer
from engine.owner.dry_run import first_day
from mail.gate.gate import OutdatedData
from shop.db.engine import read_transaction, write_transaction
from shop.db.upsert import insert_into
from shop.tables import Message, SyncState
from tests.cafe import DAY, FILE, HOUR, MARCH, Cafe

SOURCES = """
sources:
  online-shop:
    from: csv
    holds: orders
    file: orders.csv
    columns: {customer: Email, when: Date, total: Total}
"""
CART = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 9 hours
    then:
      - send: cart-reminder
    stop when: order placed
"""
NO_VISIT = """
rules:
  we-miss-you:
    when: no visit
    for: 45 days
    then:
      - send: we-miss-you
"""


def read_source(cafe: Cafe, at: datetime, *, file: str | None = None) -> None:
    """The online shop is read to its end at `at`."""
    with write_transaction(cafe.engine) as connection:
        insert = insert_into(SyncState).on_conflict_do_nothing()
        connection.execute(
            insert, {"source": "online-shop", "stream": "orders", "finished_at": at,
                     "fingerprint": file}
        )  # fmt: skip
        save_finished(connection, "online-shop", WHOLE_SOURCE, at)


@pytest.fixture
def cart_cafe(engine: Engine, tmp_path: Path) -> Cafe:
    """Clara left a cart at ten; the shop was last read five minutes later."""
    cafe = Cafe(engine, tmp_path, FILE + SOURCES + CART)
    cafe.run(MARCH - DAY)
    cafe.leave_carts(MARCH, "clara")
    read_source(cafe, MARCH + 5 * timedelta(minutes=1))
    return cafe


def test_a_reminder_waits_while_its_shop_is_out_of_reach(cart_cafe: Cafe) -> None:
    assert cart_cafe.counts(MARCH + 9 * HOUR) == {"deferred": 1}
    assert cart_cafe.select_all(col(Message.reason)) == ["the data are too old"]
    assert cart_cafe.counts(MARCH + 12 * HOUR) == {"deferred": 1}
    assert cart_cafe.mails() == []


def test_the_reminder_goes_once_the_shop_has_been_read(cart_cafe: Cafe) -> None:
    cart_cafe.run(MARCH + 9 * HOUR)
    read_source(cart_cafe, MARCH + 10 * HOUR)
    cart_cafe.run(MARCH + 10 * HOUR)
    assert cart_cafe.mailed_names() == ["clara"]


def test_the_reminder_ends_if_the_data_say_that_she_bought(cart_cafe: Cafe) -> None:
    cart_cafe.run(MARCH + 9 * HOUR)
    cart_cafe.visits("clara", MARCH + HOUR / 3)
    read_source(cart_cafe, MARCH + 10 * HOUR)
    cart_cafe.run(MARCH + 10 * HOUR)
    assert cart_cafe.mails() == []


def test_a_reminder_that_waits_too_long_is_not_sent(cart_cafe: Cafe) -> None:
    cart_cafe.run(MARCH + 9 * HOUR)
    cart_cafe.run(MARCH + 34 * HOUR)
    read_source(cart_cafe, MARCH + 35 * HOUR)
    cart_cafe.run(MARCH + 35 * HOUR)
    assert cart_cafe.select_all(col(Message.state)) == ["skipped"]
    assert cart_cafe.mails() == []


def test_why_names_the_source_and_when_it_was_read(cart_cafe: Cafe) -> None:
    now = MARCH + 9 * HOUR
    cart_cafe.run(now)
    with read_transaction(cart_cafe.engine) as connection:
        explanation = explain_customer(
            connection, cart_cafe.shop, "clara@example.com", None, now=now
        )
    assert "online-shop was last read on" in str(explanation)


def test_a_dry_run_assumes_that_sources_will_be_read(cart_cafe: Cafe) -> None:
    counts = first_day(cart_cafe.shop, now=MARCH + HOUR)
    assert counts["abandoned-cart"].outcomes == {"rehearsed": 1}


def test_rows_that_no_sync_has_read_are_not_judged(engine: Engine, tmp_path: Path) -> None:
    cafe = Cafe(engine, tmp_path, FILE + CART)
    cafe.run(MARCH - DAY)
    cafe.leave_carts(MARCH, "clara")
    cafe.run(MARCH + 9 * HOUR)
    assert cafe.mailed_names() == ["clara"]


def test_data_from_after_the_reminder_was_due_may_be_a_night_old(cart_cafe: Cafe) -> None:
    read_source(cart_cafe, MARCH + 9 * HOUR)
    cart_cafe.run(MARCH + 21 * HOUR)
    assert cart_cafe.mailed_names() == ["clara"]


def test_no_visit_waits_while_a_source_of_orders_cannot_be_read(
    engine: Engine, tmp_path: Path
) -> None:
    cafe = Cafe(engine, tmp_path, FILE + SOURCES + NO_VISIT)
    cafe.customer("clara")
    cafe.visits("clara", MARCH - 30 * DAY)
    cafe.run(MARCH)
    read_source(cafe, MARCH + 13 * DAY)
    due = MARCH + 15 * DAY + HOUR
    with write_transaction(engine) as connection:
        save_failed(connection, "online-shop", WHOLE_SOURCE, MARCH + 14 * DAY)
        save_failed(connection, "online-shop", WHOLE_SOURCE, due)
    assert cafe.counts(due) == {"deferred": 1}
    read_source(cafe, due)
    cafe.run(due + HOUR)
    assert cafe.mailed_names() == ["clara"]


def failing(read_at: datetime | None, *, is_file: bool = False) -> SourceReading:
    return SourceReading(read_at, failing_since=MARCH, is_file=is_file, brings_visits=True)


@pytest.mark.parametrize(
    ("reading", "outdated"),
    [
        (failing(MARCH - DAY), False),
        (failing(MARCH - 2 * DAY), True),
        (failing(None), True),
        (SourceReading(MARCH - 2 * DAY, failing_since=MARCH, brings_visits=False), False),
        (SourceReading(MARCH - 40 * DAY, failing_since=None, brings_visits=True), False),
        (failing(MARCH - 8 * DAY, is_file=True), False),
        (failing(MARCH - 22 * DAY, is_file=True), False),
        (failing(MARCH - 23 * DAY, is_file=True), True),
    ],
)
def test_how_old_the_data_of_an_absence_may_be(
    engine: Engine, tmp_path: Path, reading: SourceReading, *, outdated: bool
) -> None:
    cafe = Cafe(engine, tmp_path, FILE + NO_VISIT)
    rule = cafe.shop.config.rules["we-miss-you"]
    expected = OutdatedData("till", reading.read_at) if outdated else None
    assert find_outdated({"till": reading}, ["till"], rule, None, MARCH) == expected


@pytest.mark.parametrize(
    ("reading", "due", "outdated"),
    [
        (SourceReading(MARCH - HOUR), MARCH, False),
        (SourceReading(MARCH - 2 * HOUR), MARCH, True),
        (SourceReading(MARCH - 25 * HOUR), MARCH - 26 * HOUR, False),
        (SourceReading(MARCH - 49 * HOUR), MARCH - 50 * HOUR, True),
        (SourceReading(MARCH - 25 * HOUR, failing_since=MARCH), MARCH - 26 * HOUR, True),
        (SourceReading(MARCH - HOUR, failing_since=MARCH), MARCH, False),
        (SourceReading(MARCH + 365 * DAY), MARCH, True),
        (SourceReading(None), MARCH, True),
    ],
)
def test_how_old_the_data_of_a_cart_may_be(
    engine: Engine, tmp_path: Path, reading: SourceReading, due: datetime, *, outdated: bool
) -> None:
    cafe = Cafe(engine, tmp_path, FILE + CART)
    rule, cart = cafe.shop.config.rules["abandoned-cart"], LeftCart("online-shop", due)
    expected = OutdatedData("online-shop", reading.read_at) if outdated else None
    assert find_outdated({"online-shop": reading}, [], rule, cart, MARCH) == expected
