"""Further events, and every kind of step, through a whole tick on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from shop.db.engine import write_transaction
from shop.tables import Message, Task, Tick
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.rows import identity, statement


def ingest_birthday(cafe: Cafe, name: str, birthday: str) -> None:
    identity_row = identity(name, email=f"{name}@example.com", birthday=birthday)
    cafe.arrive(identities=[identity_row], statements=[statement(name, "yes", MARCH - 400 * DAY)])


def ingest_answer(cafe: Cafe, name: str, at: datetime, **scores: Any) -> None:
    row = {
        "source": "online-shop", "external_id": f"answer-{name}", "customer_source": "online-shop",
        "customer_key": name, "answered_at": at, "csat": None, "nps": None, "words": None,
        "version": 1,
    } | scores  # fmt: skip
    cafe.arrive(answers=[row])


@pytest.mark.parametrize(
    ("birthday", "due"),
    [
        ("1990-03-06", "2026-03-03"),
        ("--03-06", "2026-03-03"),
        ("1990-01-02", "2025-12-30"),
        ("1988-02-29", "2026-02-25"),  # no 29th in 2026: the 28th, and three days ahead of it
        ("1988-02-29", "2028-02-26"),
    ],
)
def test_a_birthday_is_due_on_one_local_day(cafe: Cafe, birthday: str, due: str) -> None:
    """
    rules:
      birthday: {when: birthday, in: 3 days, then: [{send: birthday}]}
    """
    day = datetime.fromisoformat(f"{due}T00:00:00+00:00")
    cafe.run(day - 5 * DAY)
    ingest_birthday(cafe, "clara", birthday)
    cafe.run(day - SECOND)
    assert cafe.mailed_names() == []
    cafe.run(day)
    assert cafe.mailed_names() == ["clara"]
    cafe.run(day + DAY)
    cafe.run(day + 200 * DAY)
    assert cafe.mailed_names() == ["clara"]


def test_a_birthday_comes_every_year(cafe: Cafe) -> None:
    """
    rules:
      birthday: {when: birthday, in: 3 days, then: [{send: birthday}]}
    """
    cafe.run(MARCH - DAY)
    ingest_birthday(cafe, "clara", "1990-03-06")
    for year in (2026, 2027, 2028):
        cafe.run(MARCH.replace(year=year))
    assert cafe.mailed_names() == ["clara"] * 3


def test_a_birthday_told_late_is_kept_while_it_lasts_and_not_after(cafe: Cafe) -> None:
    """
    rules:
      birthday: {when: birthday, in: 3 days, then: [{send: birthday}]}
    """
    cafe.run(MARCH - 10 * DAY)
    ingest_birthday(cafe, "ana", "--03-03")
    ingest_birthday(cafe, "bruno", "--03-01")
    cafe.run(MARCH)
    assert cafe.mailed_names() == ["ana"]


def test_an_unhappy_answer_is_a_task_first_and_a_mail_that_waits(cafe: Cafe) -> None:
    """
    rules:
      unhappy:
        when: survey answered
        if: {csat: at most 2}
        then:
          - {task: Call this customer today, due in: 1 day}
          - {send: sorry-from-the-owner, approve first: yes}
    """
    cafe.run(MARCH - DAY)
    for name, csat in {"ana": 2, "bruno": 3, "clara": None}.items():
        cafe.customer(name)
        ingest_answer(cafe, name, MARCH, csat=csat, words="The coffee was cold.")
    assert cafe.counts() == {"waiting": 1}
    assert cafe.select_all(col(Task.words), col(Task.due_at)) == [
        ("Call this customer today", MARCH + DAY)
    ]
    assert cafe.select_all(col(Message.state)) == ["awaiting approval"]
    assert cafe.mailed_names() == []


def test_an_answer_without_a_score_is_not_a_bad_one(cafe: Cafe) -> None:
    """
    rules:
      unhappy:
        when: survey answered
        if: {nps: at most 6}
        then: [{send: sorry-from-the-owner}]
    """
    cafe.run(MARCH - DAY)
    for name, nps in {"ana": 6, "bruno": 7, "clara": None}.items():
        cafe.customer(name)
        ingest_answer(cafe, name, MARCH, nps=nps)
    cafe.run()
    assert cafe.mailed_names() == ["ana"]


def test_a_welcome_branches_on_what_happened_since(cafe: Cafe) -> None:
    """
    rules:
      welcome:
        when: subscribed
        then:
          - send: welcome
          - wait: 3 days
          - if: {orders: at least 1}
            then: [{send: we-miss-you}]
            else:
              - send: first-visit-treat
                with: {treat: a free croissant, valid for: 14 days}
    """
    cafe.run(MARCH - DAY)
    for name in ("ana", "bruno"):
        cafe.customer(name, says=None)
        cafe.record_consent(name, "yes", MARCH)
    cafe.run(MARCH)
    assert cafe.mailed_names() == ["ana", "bruno"]
    cafe.visits("ana", MARCH + DAY)
    cafe.run(MARCH + 3 * DAY)
    cafe.run(MARCH + 3 * DAY)
    address_by_step = dict(cafe.select_all(col(Message.step), col(Message.to_address)))
    assert address_by_step["we-miss-you"] == "ana@example.com"
    assert address_by_step["first-visit-treat"] == "bruno@example.com"


def test_an_import_is_no_subscription(cafe: Cafe) -> None:
    """
    rules:
      welcome: {when: subscribed, then: [{send: welcome}]}
    """
    cafe.run(MARCH - DAY)
    undated = statement("clara", "yes", datetime(1970, 1, 1, tzinfo=UTC), recorded_at=MARCH)
    cafe.arrive(identities=[identity("clara", email="clara@example.com")], statements=[undated])
    assert cafe.counts() == {}


def test_unless_is_asked_again_before_every_step(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        unless: {visits: at least 1}
        then: [{send: cart-reminder}, {wait: 1 day}, {send: we-miss-you}]
    """
    cafe.run(MARCH - 10 * DAY)
    for name in ("ana", "bruno"):
        cafe.customer(name)
        cafe.cart(name, MARCH - 3 * HOUR)
    cafe.run(MARCH)
    cafe.visits("ana", MARCH + HOUR)
    cafe.run(MARCH + DAY)
    assert cafe.mailed_names() == ["ana", "bruno", "bruno"]


def test_the_staff_are_not_reminded(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        unless: {tags: [staff, family]}
        then: [{send: we-miss-you}]
        include backlog: yes
    """
    for name, tags in {"ana": '["staff"]', "bruno": '["staffordshire"]', "clara": "[]"}.items():
        identity_row = identity(name, email=f"{name}@example.com", tags=tags)
        opt_in = statement(name, "yes", MARCH - 400 * DAY)
        cafe.arrive(identities=[identity_row], statements=[opt_in])
        cafe.visits(name, MARCH - 50 * DAY)
    cafe.run()
    assert cafe.mailed_names() == ["bruno", "clara"]


def test_longer_than_usual_is_twice_the_customers_own_gap(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: longer than usual
        then: [{send: we-miss-you}]
    """
    first = MARCH - 100 * DAY
    cafe.run(first)
    weekly = [first + n * 7 * DAY for n in range(4)]
    for name, visits in {"ana": weekly, "bruno": weekly[:3]}.items():
        cafe.customer(name)
        cafe.visits(name, *visits)
    expected_back = weekly[-1] + 14 * DAY
    cafe.run(expected_back - SECOND)
    assert cafe.mailed_names() == []
    cafe.run(expected_back)
    assert cafe.mailed_names() == ["ana"]
    cafe.run(expected_back + 60 * DAY)
    assert cafe.mailed_names() == ["ana"]


POINTS = """
loyalty: {earn: 1 point per 1, expire after: 365 days, rewards: {a free coffee: 10 points}}
rules:
  points-earned: {when: points earned, then: [{send: points-earned}]}
  points-expiring:
    when: points expire
    in: 14 days
    if: {points: at least 10}
    then: [{send: points-expiring}]
    stop when: points spent
"""


def test_points_are_told_of_once_a_week_and_before_they_end(cafe: Cafe) -> None:
    """
    rules: {}
    """
    file = cafe.path.read_text().replace("rules: {}", POINTS)
    cafe.reread(file)
    cafe.run(MARCH - 30 * DAY)
    cafe.customer("clara")
    cafe.visits("clara", MARCH, MARCH + HOUR, MARCH + 2 * HOUR)
    cafe.run(MARCH + 3 * HOUR)
    assert cafe.mailed_names() == ["clara"]
    text = str(cafe.mails()[0].get_body(("plain",)).get_content())  # type: ignore[union-attr]  # has one
    assert "36" in text
    ends = MARCH + 365 * DAY
    cafe.run(ends - 14 * DAY - SECOND)
    assert len(cafe.mails()) == 1
    cafe.run(ends - 14 * DAY + 3 * HOUR)
    assert len(cafe.mails()) == 2
    cafe.run(ends + DAY)
    assert len(cafe.mails()) == 2


def test_an_existing_customer_may_be_mailed_as_long_as_the_owner_vouches(cafe: Cafe) -> None:
    """
    rules: {}
    """
    file = (
        cafe.path.read_text()
        .replace("country: PT", "country: IE")
        .replace(
            "rules: {}",
            "consent: {online: {when buying: may be mailed, told since: 1 June 2025,"
            " for: 100 days}}\n"
            "rules:\n"
            "  we-miss-you: {when: no visit, for: 45 days, then: [{send: we-miss-you}],"
            " include backlog: yes}\n",
        )
    )
    cafe.reread(file)
    for name, last_visit in {"ana": 50 * DAY, "bruno": 101 * DAY, "clara": 60 * DAY}.items():
        cafe.customer(name, says="no" if name == "clara" else None)
        cafe.visits(name, MARCH - last_visit)
    assert cafe.counts() == {"rehearsed": 1, "skipped": 2}
    assert cafe.mailed_names() == ["ana"]


@pytest.mark.parametrize("gap", [timedelta(0), DAY])
def test_a_limited_backlog_skips_no_changed_customer(cafe: Cafe, gap: timedelta) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        then: [{send: we-miss-you}]
        include backlog: up to 1 per day
    """
    for days, name in enumerate(["ana", "bruno", "clara"], start=1):
        cafe.customer(name)
        cafe.visits(name, MARCH - 45 * DAY - days * DAY)
    cafe.run(MARCH)
    cafe.record_consent("ana", "yes", MARCH - 300 * DAY)  # told again: she is looked at once more
    cafe.run(MARCH + gap)
    cafe.run(MARCH + DAY)
    cafe.run(MARCH + 2 * DAY)
    assert cafe.mailed_names() == ["ana", "bruno", "clara"]


def test_a_shorter_for_skips_no_customer(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you: {when: no visit, for: 45 days, then: [{send: we-miss-you}]}
    """
    cafe.run(MARCH - 60 * DAY)
    cafe.customer("clara")
    cafe.visits("clara", MARCH - 32 * DAY)
    cafe.run(MARCH - HOUR)
    cafe.reread(cafe.path.read_text().replace("45 days", "30 days"))
    cafe.run(MARCH)
    assert cafe.mailed_names() == ["clara"]


def test_the_same_absence_is_not_answered_twice_when_data_come_late(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you: {when: no visit, for: 45 days, then: [{send: we-miss-you}]}
    """
    cafe.run(MARCH - 60 * DAY)
    cafe.customer("clara")
    cafe.visits("clara", MARCH - 45 * DAY)
    cafe.run(MARCH)
    cafe.visits("clara", MARCH - 44 * DAY)
    cafe.run(MARCH + DAY)
    assert cafe.mailed_names() == ["clara"]


def test_a_cart_of_another_customer_is_not_mailed_to_the_first(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart: {when: cart abandoned, for: 3 hours, then: [{send: cart-reminder}]}
    """
    cafe.run(MARCH - 10 * DAY)
    cafe.customer("ana")
    cafe.customer("bruno")
    cafe.cart("ana", MARCH - 4 * HOUR, key="k")
    cafe.cart("bruno", MARCH - 3 * HOUR, key="k", version=2)
    cafe.run()
    assert cafe.mailed_names() == ["bruno"]


@pytest.mark.parametrize("currency_stored", [True, False])
def test_a_currency_put_right_counts_what_was_spent_before(
    cafe: Cafe, currency_stored: bool
) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        if: {total spent: at least 20}
        then: [{send: we-miss-you}]
    """
    euros = cafe.path.read_text()
    cafe.reread(euros.replace("currency: EUR", "currency: USD"))
    cafe.customer("clara")
    cafe.visits("clara", MARCH - 50 * DAY, MARCH - 44 * DAY)
    cafe.run(MARCH)
    if not currency_stored:  # by an older version
        with write_transaction(cafe.engine) as connection:
            connection.execute(update(Tick).values(currency=None))
    cafe.reread(euros)
    cafe.run(MARCH + DAY)
    assert cafe.mailed_names() == ["clara"]
