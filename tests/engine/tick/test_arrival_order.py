"""Between two ticks the order of arrival changes nothing; more ticks never repeat an occasion."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import SQLModel, col

from engine.open.open_shop import OpenShop
from mail.senders.outbox.sender import Outbox
from shop.db.engine import open_database
from shop.tables import Cart, Customer, Enrolment, Identity, Message, Metrics, Order
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.rows import cart, cart_line, identity, order, statement

RULES = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}]
    stop when: order placed
  we-miss-you:
    when: no visit
    for: 45 days
    if: {visits: at least 2}
    then: [{send: we-miss-you}]
    include backlog: yes
"""
NAMES = ("ana", "bruno", "clara")
Arrival = dict[str, list[dict[str, Any]]]


@st.composite
def arrivals(draw: st.DrawFn) -> list[Arrival]:
    """Things that happened in a café, some of them told twice and in two versions."""
    found: list[Arrival] = []
    for name in NAMES:
        says = draw(st.sampled_from(["yes", "no", "none"]))
        known = identity(name, email=f"{name}@example.com")
        said = statement(name, says, MARCH - 100 * DAY)
        found.append({"identities": [known], "statements": [said]})
        for n in range(draw(st.integers(0, 3))):
            placed = MARCH - draw(st.sampled_from([1, 44, 45, 46, 50, 90])) * DAY
            whole = order(f"{name}-{n}", name, placed)
            found.append({"orders": [whole]})
            if draw(st.booleans()):
                found.append({"orders": [whole | {"counts": False, "version": 2}]})
        if draw(st.booleans()):
            key, left = f"cart-{name}", MARCH - draw(st.sampled_from([1, 3, 5, 40])) * HOUR
            lines = [cart_line(key, 0, "Granola", 1850)]
            found.append({"carts": [cart(key, name, left)], "cart_lines": lines})
            if draw(st.booleans()):
                bought = cart(key, name, left, version=2, converted_at=left)
                found.append({"carts": [bought]})
    return found


@cache
def opened() -> OpenShop:
    """The file is read once: only the rows differ from one example to the next."""
    with tempfile.TemporaryDirectory() as folder:
        return Cafe(open_database("sqlite://", beside=Path()), Path(folder), RULES).shop


@cache
def first_tick() -> bytes:
    """The database after a tick that finds nobody yet: every example begins with it."""
    with tempfile.TemporaryDirectory() as folder:
        made = empty(folder)
        SQLModel.metadata.create_all(made.engine)
        made.run(MARCH - DAY)
        return within(made).serialize()


def cafe(folder: str) -> Cafe:
    made = empty(folder)
    within(made).deserialize(first_tick())
    return made


def empty(folder: str) -> Cafe:
    made = Cafe.__new__(Cafe)
    made.engine, made.outbox = open_database("sqlite://", beside=Path(folder)), Path(folder) / "out"
    outbox = Outbox(made.outbox)
    made.shop = replace(opened(), engine=made.engine, sender=outbox, rehearsal=outbox)
    return made


def within(made: Cafe) -> sqlite3.Connection:
    """The one connection to a database in memory."""
    with made.engine.connect() as connection:
        found = connection.connection.driver_connection
    assert isinstance(found, sqlite3.Connection)
    return found


def state(made: Cafe) -> dict[str, Counter[Any]]:
    """All that a rule, a mail or an owner could see; numbers of rows left aside."""
    people = dict(made.all(col(Customer.id), col(Customer.email)))
    keys = dict(made.all(col(Cart.id), col(Cart.external_id)))
    enrolled = made.all(
        col(Enrolment.rule), col(Enrolment.customer_id), col(Enrolment.cart_id),
        col(Enrolment.since_at), col(Enrolment.verdict), col(Enrolment.ended),
    )  # fmt: skip
    mails = made.all(col(Message.rule), col(Message.customer_id), col(Message.state))
    figures = made.all(
        col(Metrics.customer_id),
        col(Metrics.visits),
        col(Metrics.spent),
        col(Metrics.last_visit_at),
    )
    return {
        "enrolments": Counter((r, people[c], keys.get(k), *rest) for r, c, k, *rest in enrolled),
        "messages": Counter((r, people[c], *rest) for r, c, *rest in mails),
        "figures": Counter((people[c], *rest) for c, *rest in figures),
        "orders": Counter(made.all(col(Order.external_id), col(Order.version))),
        "identities": Counter(made.all(col(Identity.external_id), col(Identity.version))),
    }


def happen(arrived: Sequence[Arrival]) -> dict[str, Counter[Any]]:
    with tempfile.TemporaryDirectory() as folder:
        made = cafe(folder)
        for rows in arrived:
            made.arrive(**rows)
        made.run(MARCH)
        found = state(made)
        made.engine.dispose()
    return found


@given(st.data())
@settings(max_examples=24, deadline=None)
def test_between_two_ticks_the_order_of_arrival_changes_nothing(data: st.DataObject) -> None:
    told = data.draw(arrivals())
    shuffled = data.draw(st.permutations(told))
    repeated = shuffled + data.draw(st.lists(st.sampled_from(told), max_size=3))
    assert happen(repeated) == happen(told)


@given(arrivals(), st.lists(st.integers(0, 3), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_more_ticks_never_mail_one_occasion_twice(told: list[Arrival], pauses: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made, at = cafe(folder), MARCH - 12 * HOUR
        for number, rows in enumerate(told):
            made.arrive(**rows)
            at += pauses[number % len(pauses)] * HOUR
            made.run(at)
        mails = made.all(col(Message.rule), col(Message.customer_id), col(Message.occasion))
        assert max(Counter(mails).values(), default=1) == 1
        assert len(made.mailed()) == len(
            [one for one in made.all(col(Message.state)) if one == "rehearsed"]
        )
        made.engine.dispose()
