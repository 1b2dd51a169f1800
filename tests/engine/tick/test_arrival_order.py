"""The order of arrival between two ticks changes nothing; more ticks never repeat an occasion."""

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
from mail.senders.outbox.sender import OutboxSender
from shop.db.engine import open_database
from shop.tables import Cart, Customer, Enrolment, Identity, Message, Metrics, Order
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.examples import examples
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
ArrivingRows = dict[str, list[dict[str, Any]]]


@st.composite
def arrival_sequences(draw: st.DrawFn) -> list[ArrivingRows]:
    """Generates arrivals of rows, some of them repeated and in two versions."""
    arrivals: list[ArrivingRows] = []
    for name in NAMES:
        consent = draw(st.sampled_from(["yes", "no", "none"]))
        customer_identity = identity(name, email=f"{name}@example.com")
        consent_statement = statement(name, consent, MARCH - 100 * DAY)
        arrivals.append({"identities": [customer_identity], "statements": [consent_statement]})
        for n in range(draw(st.integers(0, 3))):
            placed = MARCH - draw(st.sampled_from([1, 44, 45, 46, 50, 90])) * DAY
            placed_order = order(f"{name}-{n}", name, placed)
            arrivals.append({"orders": [placed_order]})
            if draw(st.booleans()):
                arrivals.append({"orders": [placed_order | {"counts": False, "version": 2}]})
        if draw(st.booleans()):
            key, left_at = f"cart-{name}", MARCH - draw(st.sampled_from([1, 3, 5, 40])) * HOUR
            lines = [cart_line(key, 0, "Granola", 1850)]
            arrivals.append({"carts": [cart(key, name, left_at)], "cart_lines": lines})
            if draw(st.booleans()):
                converted = cart(key, name, left_at, version=2, converted_at=left_at)
                arrivals.append({"carts": [converted]})
    return arrivals


@cache
def open_cafe_shop() -> OpenShop:
    """Config.yaml is read once: examples differ in their rows only."""
    with tempfile.TemporaryDirectory() as folder:
        return Cafe(open_database("sqlite://", base_folder=Path()), Path(folder), RULES).shop


@cache
def database_after_first_tick() -> bytes:
    """A serialized database after a tick without customers, the start of every example."""
    with tempfile.TemporaryDirectory() as folder:
        cafe = empty_cafe(folder)
        SQLModel.metadata.create_all(cafe.engine)
        cafe.run(MARCH - DAY)
        return sqlite_connection(cafe).serialize()


def cafe_after_first_tick(folder: str) -> Cafe:
    cafe = empty_cafe(folder)
    sqlite_connection(cafe).deserialize(database_after_first_tick())
    return cafe


def empty_cafe(folder: str) -> Cafe:
    cafe = Cafe.__new__(Cafe)
    cafe.engine, cafe.outbox = (
        open_database("sqlite://", base_folder=Path(folder)),
        Path(folder) / "out",
    )
    outbox = OutboxSender(cafe.outbox)
    cafe.shop = replace(open_cafe_shop(), engine=cafe.engine, sender=outbox, rehearsal=outbox)
    return cafe


def sqlite_connection(cafe: Cafe) -> sqlite3.Connection:
    """The driver's connection of an in-memory database."""
    with cafe.engine.connect() as connection:
        driver_connection = connection.connection.driver_connection
    assert isinstance(driver_connection, sqlite3.Connection)
    return driver_connection


def visible_state(cafe: Cafe) -> dict[str, Counter[Any]]:
    """Everything a rule, a mail or the owner could see, without row ids."""
    emails = dict(cafe.select_all(col(Customer.id), col(Customer.email)))
    cart_keys = dict(cafe.select_all(col(Cart.id), col(Cart.external_id)))
    enrolled = cafe.select_all(
        col(Enrolment.rule), col(Enrolment.customer_id), col(Enrolment.subject_id),
        col(Enrolment.since_at), col(Enrolment.verdict), col(Enrolment.ended),
    )  # fmt: skip
    mails = cafe.select_all(col(Message.rule), col(Message.customer_id), col(Message.state))
    figures = cafe.select_all(
        col(Metrics.customer_id),
        col(Metrics.visits),
        col(Metrics.spent),
        col(Metrics.last_visit_at),
    )
    return {
        "enrolments": Counter(
            (rule, emails[customer_id], cart_keys.get(cart_id), *columns)
            for rule, customer_id, cart_id, *columns in enrolled
        ),
        "messages": Counter(
            (rule, emails[customer_id], *columns) for rule, customer_id, *columns in mails
        ),
        "figures": Counter((emails[customer_id], *columns) for customer_id, *columns in figures),
        "orders": Counter(cafe.select_all(col(Order.external_id), col(Order.version))),
        "identities": Counter(cafe.select_all(col(Identity.external_id), col(Identity.version))),
    }


def state_after(arrivals: Sequence[ArrivingRows]) -> dict[str, Counter[Any]]:
    with tempfile.TemporaryDirectory() as folder:
        cafe = cafe_after_first_tick(folder)
        for rows in arrivals:
            cafe.arrive(**rows)
        cafe.run(MARCH)
        state = visible_state(cafe)
        cafe.engine.dispose()
    return state


@given(st.data())
@settings(max_examples=examples(12), deadline=None)
def test_between_two_ticks_the_order_of_arrival_changes_nothing(data: st.DataObject) -> None:
    arrivals = data.draw(arrival_sequences())
    shuffled = data.draw(st.permutations(arrivals))
    repeated = shuffled + data.draw(st.lists(st.sampled_from(arrivals), max_size=3))
    assert state_after(repeated) == state_after(arrivals)


@given(arrival_sequences(), st.lists(st.integers(0, 3), min_size=1, max_size=12))
@settings(max_examples=examples(20), deadline=None)
def test_more_ticks_never_mail_one_occasion_twice(
    arrivals: list[ArrivingRows], pauses: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cafe, at = cafe_after_first_tick(folder), MARCH - 12 * HOUR
        for number, rows in enumerate(arrivals):
            cafe.arrive(**rows)
            at += pauses[number % len(pauses)] * HOUR
            cafe.run(at)
        mails = cafe.select_all(col(Message.rule), col(Message.customer_id), col(Message.occasion))
        assert max(Counter(mails).values(), default=1) == 1
        assert len(cafe.mailed_names()) == len(
            [state for state in cafe.select_all(col(Message.state)) if state == "rehearsed"]
        )
        cafe.engine.dispose()
