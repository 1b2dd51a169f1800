"""The dry run of the first day: its counts, and that it changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from engine.message_states import State
from engine.owner.dry_run import first_day
from engine.tick_context import TICK_LOCK
from mail.senders.journal import JOURNAL_FOLDER, Journal
from shop.db.engine import read_transaction, write_transaction
from shop.db.locks import hold_lock
from shop.tables import Enrolment, Message, Tick
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.engine.delivery.test_deliver import dead_worker

on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def count_rows(cafe: Cafe) -> list[int]:
    with read_transaction(cafe.engine) as connection:
        queries = (select(func.count()).select_from(kind) for kind in (Tick, Enrolment, Message))
        return [connection.scalar(query) or 0 for query in queries]


def test_mails_due_within_the_day_are_counted_and_nothing_is_stored(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then:
          - send: cart-reminder
    """
    cafe.customer("ana")
    cafe.customer("bruno", says=None)
    cafe.customer("clara")
    cafe.cart("ana", MARCH - HOUR)
    cafe.cart("bruno", MARCH - HOUR)
    cafe.cart("clara", MARCH - 30 * DAY)
    counts = first_day(cafe.shop, now=MARCH)["abandoned-cart"]
    assert counts.outcomes == {"rehearsed": 1, "skipped": 1}
    assert counts.reasons == {"never said yes": 1}
    assert count_rows(cafe) == [0, 0, 0]
    assert not cafe.outbox.exists()


@on_sqlite
def test_the_period_starts_now_and_lasts_as_given(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then:
          - send: cart-reminder
    """
    cafe.customer("ana")
    cafe.cart("ana", MARCH - HOUR)
    [one_hour] = first_day(cafe.shop, now=MARCH, lasts=timedelta(hours=1)).values()
    assert one_hour.enrolled == 0
    [two_hours] = first_day(cafe.shop, now=MARCH, lasts=2 * HOUR).values()
    assert two_hours.outcomes == {"rehearsed": 1}


@on_sqlite
def test_a_mail_deferred_to_the_morning_is_counted_once(cafe: Cafe) -> None:
    """
    shop:
      name: Corner Café
      country: PT
      language: en
      currency: EUR
      timezone: Europe/Lisbon
      reply to: ana@cornercafe.example
      postal address: Rua das Flores 12, 1200-192 Lisboa
    sending:
      from: Ana at Corner Café <ana@cornercafe.example>
      quiet hours: 14:00 to 08:00
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 6 hours
        then:
          - send: cart-reminder
    """
    cafe.customer("ana")
    cafe.cart("ana", MARCH - HOUR)
    [evening] = first_day(cafe.shop, now=MARCH, lasts=10 * HOUR).values()
    assert evening.outcomes == {"deferred": 1}
    [morning] = first_day(cafe.shop, now=MARCH).values()
    assert morning.outcomes == {"rehearsed": 1}


@on_sqlite
def test_a_live_shop_sends_nothing(cafe: Cafe) -> None:
    """
    shop:
      name: Corner Café
      country: PT
      language: en
      currency: EUR
      timezone: Europe/Lisbon
      reply to: ana@cornercafe.example
      postal address: Rua das Flores 12, 1200-192 Lisboa
    sending:
      through: smtp
      smtp: {server: 127.0.0.1, port: 9, encryption: none}
      from: Ana at Corner Café <ana@cornercafe.example>
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then:
          - send: cart-reminder
    """
    cafe.customer("ana")
    cafe.cart("ana", MARCH - HOUR)
    assert first_day(cafe.shop, now=MARCH)["abandoned-cart"].outcomes == {"rehearsed": 1}
    assert count_rows(cafe) == [0, 0, 0]


@on_sqlite
def test_a_running_shop_counts_only_what_is_still_to_come(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then:
          - send: cart-reminder
    """
    cafe.customer("ana")
    cafe.cart("ana", MARCH - HOUR)
    assert cafe.counts(MARCH + 2 * HOUR) == {"rehearsed": 1}
    assert first_day(cafe.shop, now=MARCH + 3 * HOUR)["abandoned-cart"].enrolled == 0
    assert cafe.select_all(Message.state) == [State.REHEARSED]


@on_sqlite
def test_journals_of_a_dead_delivery_are_left_to_the_shop(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then:
          - send: cart-reminder
    """
    cafe.customer("ana")
    cafe.cart("ana", MARCH - HOUR)
    cafe.run(MARCH + 2 * HOUR)
    [mail] = cafe.select_all(Message.id)
    holder = f"1@{dead_worker()}"
    notes = Journal(cafe.shop.folder / JOURNAL_FOLDER, holder)
    notes.note_sending([mail])
    notes.note_accepted([mail])
    cut_off = {"state": "sending", "through": "smtp", "claimed_by": holder}
    with write_transaction(cafe.engine) as connection:
        connection.execute(update(Message).values(**cut_off))
    first_day(cafe.shop, now=MARCH + 3 * HOUR)
    assert cafe.select_all(Message.state) == [State.SENDING]
    cafe.run(MARCH + 3 * HOUR)
    assert cafe.select_all(Message.state) == [State.SENT]


@on_sqlite
def test_a_tick_that_runs_in_the_shop_holds_back_no_dry_run(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then:
          - send: cart-reminder
    """
    cafe.customer("ana")
    cafe.cart("ana", MARCH - HOUR)
    with hold_lock(cafe.engine, TICK_LOCK):
        assert first_day(cafe.shop, now=MARCH)["abandoned-cart"].outcomes == {"rehearsed": 1}
