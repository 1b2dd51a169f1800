"""A look back finds what a shop sent whose data arrived day by day."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from engine.lookback.lookback import EVENING, MORNING, look_back
from shop.db.engine import read_transaction
from shop.tables import Message
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.rows import cart, cart_line, identity, order, order_line, refund, statement

DAYS = 16
START = MARCH - DAYS * DAY
PEOPLE = 14
on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
Arrivals = dict[datetime, list[Callable[[], None]]]


@on_sqlite
@pytest.mark.parametrize(
    "seed", [3, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(20, 40))]
)
def test_the_past_is_seen_as_it_was(cafe: Cafe, seed: int) -> None:
    """
    loyalty: {earn: 1 point per 1, expire after: 10 days}
    rules:
      away:
        when: no visit
        for: 5 days
        if: {total spent: at least 20}
        then: [{send: we-miss-you}]
      carts:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}, {wait: 1 day}, {send: cart-reminder}]
        stop when: order placed
      birthday: {when: birthday, in: 1 day, then: [{send: birthday}]}
      welcome: {when: subscribed, then: [{send: welcome}]}
      points: {when: points earned, then: [{send: points-earned}]}
      ending: {when: points expire, in: 3 days, then: [{send: points-expiring}]}
    """
    arrivals = plan_arrivals(cafe, random.Random(seed))  # noqa: S311  # the same history in every run
    for moment in sorted(set(arrivals) | set(tick_moments(cafe))):
        for arrive in arrivals.get(moment, []):
            arrive()
        if moment in tick_moments(cafe):
            cafe.run(moment)
    sent = count_mails(cafe)
    result = look_back(cafe.shop, now=MARCH, days=DAYS)
    found = {name: (rule.mails, rule.people) for name, rule in result.rules.items() if rule.mails}
    assert found == sent
    assert set(sent) == set(cafe.shop.config.rules)  # or else the test would say less


def tick_moments(cafe: Cafe) -> list[datetime]:
    zone = cafe.shop.config.shop.zone
    days = [START.date() + day * DAY for day in range(DAYS + 1)]
    clock: list[time] = [MORNING, EVENING]
    moments = [datetime.combine(day, at, zone) for day in days for at in clock]
    return [moment for moment in moments if moment <= MARCH]


def plan_arrivals(cafe: Cafe, dice: random.Random) -> Arrivals:
    """People with what happened to them, each thing at its own moment."""
    arrivals: Arrivals = defaultdict(list)

    def plan(moment: datetime, **rows: list[dict[str, Any]]) -> None:
        if moment < MARCH:
            arrivals[moment].append(lambda: cafe.arrive(**rows))

    for number in range(PEOPLE):
        name = f"p{number}"
        # Before ten: who is known in the afternoon waits for the next morning, as no rule hurries.
        known = START + dice.choice([-30, -8, -3, 2, 5]) * DAY - number * timedelta(minutes=7)
        birthday = f"--{START + dice.randrange(1, DAYS) * DAY:%m-%d}"
        row = identity(name, email=f"{name}@example.com", birthday=birthday, joined_at=known)
        plan(known, identities=[row])
        plan(known, statements=[statement(name, "yes", known)])
        visits = sorted(known + dice.randrange(0, 45 * 24) * HOUR for _ in range(5))
        for visit in visits:
            key = f"{name} {visit}"
            plan(visit, orders=[order(key, name, visit)], order_lines=[order_line(key, 0, "Bun")])
            if dice.random() < 0.3:
                back = visit + dice.randrange(1, 6) * DAY
                plan(back, refunds=[refund(f"back {key}", key, 1250, back)])
        if number % 2:
            plan_cart(plan, name, known + dice.randrange(1, 10) * 25 * HOUR, dice)
    return arrivals


def plan_cart(plan: Any, name: str, left_at: datetime, dice: random.Random) -> None:
    lines = [cart_line(f"cart {name}", 0, "Granola", 1850)]
    plan(left_at, carts=[cart(f"cart {name}", name, left_at)], cart_lines=lines)
    if dice.random() < 0.5:
        bought_at = left_at + dice.choice([1, 14, 30]) * HOUR
        bought = cart(f"cart {name}", name, left_at, converted_at=bought_at, version=2)
        lines = [cart_line(f"cart {name}", 0, "Granola", 1850, version=2)]
        plan(bought_at, carts=[bought], cart_lines=lines)


def count_mails(cafe: Cafe) -> dict[str, tuple[int, int]]:
    mail = func.coalesce(col(Message.digest_id), col(Message.id))
    query = select(
        col(Message.rule),
        func.count(mail.distinct()),
        func.count(col(Message.customer_id).distinct()),
    ).where(col(Message.state) == "rehearsed")
    with read_transaction(cafe.engine) as connection:
        rows = connection.execute(query.group_by(col(Message.rule)))
        return {rule: (mails, people) for rule, mails, people in rows}
