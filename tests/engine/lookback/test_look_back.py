"""The look back: real ticks over past days see only what had happened by then."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel

from engine.lookback.later_rows import DATED_TABLES, EMPTIED_TABLES
from engine.lookback.lookback import LookBack, has_begun, look_back
from mail.message.signed_links import read_token
from shop.db.engine import read_transaction
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.rows import identity, refund, statement

DAYS = 20
START = MARCH - DAYS * DAY
on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def look(cafe: Cafe) -> LookBack:
    return look_back(cafe.shop, now=MARCH, days=DAYS)


def first_mail(cafe: Cafe) -> tuple[str, int]:
    """Who got the first mail, and on which day of the look back."""
    first = look(cafe).first
    assert first is not None
    _, mail = first
    return mail.to_address.partition("@")[0], (mail.date - START) // DAY


def count_all_rows(cafe: Cafe) -> dict[str, int]:
    with read_transaction(cafe.engine) as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in SQLModel.metadata.sorted_tables
        }


def test_a_customer_who_came_back_later_was_away_until_then(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 10 days
        then:
          - send: we-miss-you
    """
    cafe.customer("ana")
    cafe.visits("ana", START - 5 * DAY, START + 15 * DAY)
    cafe.customer("bruno")
    cafe.visits("bruno", START - 5 * DAY, START + 2 * DAY, START + 11 * DAY)
    cafe.customer("clara")
    cafe.visits("clara", START - 11 * DAY)  # away before the rule began
    result = look(cafe)
    assert (result.mails, result.people) == (1, 1)
    assert first_mail(cafe) == ("ana", 5)


@on_sqlite
def test_the_shop_stays_as_it_was_and_nothing_is_left_behind(
    cafe: Cafe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    loyalty: {earn: 1 point per 1}
    rules:
      we-miss-you:
        when: no visit
        for: 10 days
        then:
          - send: we-miss-you
          - task: Call them
    """
    scratch = tmp_path / "temporary"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    cafe.customer("ana")
    cafe.visits("ana", START - 5 * DAY, START + 15 * DAY)
    rows, files = count_all_rows(cafe), sorted(path.name for path in tmp_path.iterdir())
    assert look(cafe).mails == 1
    assert count_all_rows(cafe) == rows
    assert sorted(path.name for path in tmp_path.iterdir()) == files
    assert list(scratch.iterdir()) == []
    assert not has_begun(cafe.engine)
    cafe.run()
    assert has_begun(cafe.engine)


@on_sqlite
def test_links_of_its_mails_unsubscribe_nobody(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 10 days
        then:
          - send: we-miss-you
    """
    cafe.customer("ana")
    cafe.visits("ana", START - 5 * DAY)
    first = look(cafe).first
    assert first is not None
    token = first[1].unsubscribe_url.rpartition("/")[2]
    assert token
    assert read_token(cafe.shop.secret, token) is None


@on_sqlite
def test_nobody_has_a_birthday_before_they_are_known(cafe: Cafe) -> None:
    """
    rules:
      birthday:
        when: birthday
        in: 0 days
        then:
          - send: birthday
    """
    birthday = f"--{START + 8 * DAY:%m-%d}"
    for name in ("ana", "bruno", "clara"):
        row = identity(name, email=f"{name}@example.com", birthday=birthday)
        # A yes without a date says not since when they are known.
        said_at = datetime(1970, 1, 1, tzinfo=MARCH.tzinfo)
        cafe.arrive(identities=[row], statements=[statement(name, "yes", said_at)])
    cafe.visits("ana", START + 4 * DAY)
    cafe.visits("bruno", START + 15 * DAY)
    result = look(cafe)
    assert result.mails == 2  # Ana's, and that of Clara, of whom no day is known
    assert first_mail(cafe)[1] == 8


@on_sqlite
def test_a_dated_yes_counts_from_its_day_and_a_no_all_along(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 10 days
        then:
          - send: we-miss-you
    """
    for name, consents in {
        "ana": [("yes", -100)],
        "bruno": [("yes", 9)],  # four days after the mail was due: within the week
        "clara": [("yes", 15)],
        "dora": [("yes", -100), ("no", 15)],
        "emil": [("yes", -300), ("no", -200), ("yes", 15)],
    }.items():
        cafe.arrive(
            identities=[identity(name, email=f"{name}@example.com")],
            statements=[statement(name, says, START + day * DAY) for says, day in consents],
        )
        cafe.visits(name, START - 5 * DAY)
    assert look(cafe).people == 2
    cafe.record_consent("ana", "no", MARCH - HOUR)
    assert first_mail(cafe) == ("bruno", 9)


@on_sqlite
def test_a_cart_that_was_bought_later_was_open_until_then(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then:
          - send: cart-reminder
    """
    for name, bought_after in {"ana": 2 * DAY, "bruno": HOUR, "clara": None}.items():
        cafe.customer(name)
        left_at = START + 10 * DAY
        cafe.cart(name, left_at, converted_at=left_at + bought_after if bought_after else None)
    assert look(cafe).people == 2


@on_sqlite
def test_a_cart_that_was_open_when_the_rules_began_is_bought_later(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then:
          - send: cart-reminder
          - wait: 1 day
          - send: cart-reminder
    """
    cafe.customer("ana")
    cafe.cart("ana", START - HOUR, converted_at=START + DAY)
    assert look(cafe).mails == 1


@on_sqlite
def test_each_mail_counts_as_approved(cafe: Cafe) -> None:
    """
    shop:
      name: Corner Café
      country: PT
      currency: EUR
      timezone: Europe/Lisbon
      reply to: ana@cornercafe.example
      postal address: Rua das Flores 12, 1200-192 Lisboa
    sending:
      through: smtp
      smtp: {server: 127.0.0.1, port: 9, encryption: none}
      from: Ana at Corner Café <ana@cornercafe.example>
      only to: [ana@cornercafe.example]
      ask me above: 1
    rules:
      we-miss-you:
        when: no visit
        for: 10 days
        then:
          - if: {visits: at least 1}
            then:
              - send: we-miss-you
                approve first: yes
    """
    for name in ("ana", "bruno", "clara"):
        cafe.customer(name)
        cafe.visits(name, START - 5 * DAY)
    assert look(cafe).people == 3


@on_sqlite
def test_a_mail_that_waits_for_its_hour_is_counted(cafe: Cafe) -> None:
    """
    shop:
      name: Corner Café
      country: PT
      currency: EUR
      timezone: Europe/Lisbon
      reply to: ana@cornercafe.example
      postal address: Rua das Flores 12, 1200-192 Lisboa
    sending:
      from: Ana at Corner Café <ana@cornercafe.example>
      quiet hours: 09:00 to 15:30
      usual time: 16:15
    rules:
      birthday:
        when: birthday
        in: 0 days
        then:
          - send: birthday
    """
    birthday = f"--{START + 10 * DAY:%m-%d}"
    row = identity("ana", email="ana@example.com", birthday=birthday)
    cafe.arrive(identities=[row], statements=[statement("ana", "yes", START - DAY)])
    first = look(cafe).first
    assert first is not None
    assert f"{first[1].date.astimezone(cafe.shop.config.shop.zone):%H:%M}" == "16:15"


@on_sqlite
def test_the_own_programme_runs_since_the_first_day(cafe: Cafe) -> None:
    """
    loyalty: {earn: 1 point per 1}
    rules:
      points:
        when: points earned
        then:
          - send: points-earned
    """
    for name in ("ana", "bruno"):
        cafe.customer(name)
    cafe.visits("ana", START - DAY)
    cafe.visits("bruno", START + 10 * DAY)
    assert first_mail(cafe) == ("bruno", 10)
    cafe.run(MARCH - DAY)  # the programme of the shop itself begins now
    assert first_mail(cafe) == ("bruno", 10)


@on_sqlite
def test_money_that_was_paid_back_later_was_spent_until_then(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 10 days
        if: {total spent: at least 10}
        then:
          - send: we-miss-you
    """
    for name, paid_back in {"ana": 15, "bruno": 2}.items():
        cafe.customer(name)
        cafe.visits(name, START - 5 * DAY)
        key = f"{name}-{(START - 5 * DAY).isoformat()}"
        cafe.arrive(refunds=[refund(f"back-{name}", key, 1250, START + paid_back * DAY)])
    assert look(cafe).people == 1
    assert first_mail(cafe) == ("ana", 5)


@on_sqlite
def test_a_shop_that_has_run_is_looked_at_as_if_it_had_not(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 10 days
        then:
          - send: we-miss-you
    """
    cafe.customer("ana")
    cafe.visits("ana", START - 5 * DAY)
    cafe.run(START)
    cafe.run(START + 5 * DAY)
    assert look(cafe).mails == 1
    result = look_back(cafe.shop, now=MARCH, days=10)
    assert result.since.date() == (MARCH - timedelta(days=10)).date()
    assert result.mails == 0


# Rows of these tables are seen as they are today: they say who somebody is and who may be mailed,
# belong to an order or a cart, or are the bookkeeping of imports. No event begins with a booking.
TABLES_AS_OF_TODAY = {
    "basis_statements", "bookings", "cart_lines", "contacts", "custom_fields", "customer_search",
    "earlier_language",
    "examinations", "home", "identities", "imported_suppressions", "listed_records", "locks",
    "merges", "order_coupons", "order_lines", "quarantine", "shared_phones", "suppression_imports",
    "suppressions", "sync_states",
}  # fmt: skip


def test_every_table_is_seen_as_it_was_or_emptied_or_as_of_today() -> None:
    dated = {table.name for table in DATED_TABLES}
    assert dated | set(EMPTIED_TABLES) | TABLES_AS_OF_TODAY == set(SQLModel.metadata.tables)
    assert not dated & TABLES_AS_OF_TODAY
    assert not set(EMPTIED_TABLES) & (dated | TABLES_AS_OF_TODAY)
