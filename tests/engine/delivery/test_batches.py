"""Batches of a delivery: which messages are leased together, and in which order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, true, update
from sqlmodel import col

from engine.config.owner_config import load_owner_config
from engine.delivery.routing import batch_size
from engine.messages.leases import lock_due_messages
from shop.db.engine import write_transaction
from shop.tables import Message
from tests.cafe import FILE, HOUR, MARCH, Cafe

RULES = """
rules:
  second:
    when: cart abandoned
    for: 3 hours
    then:
      - send: cart-reminder
  first:
    when: cart abandoned
    for: 2 hours
    then:
      - send: cart-reminder
"""
NAMES = ("ana", "bruno", "clara")


@pytest.mark.parametrize(("per_request", "size"), [(1, 200), (60, 180), (250, 250), (1000, 1000)])
def test_a_batch_is_a_whole_number_of_requests(
    sqlite: Engine, tmp_path: Path, per_request: int, size: int
) -> None:
    shop = Cafe(sqlite, tmp_path, RULES).shop
    account = (
        f"  through: sendgrid\n  sendgrid: {{api key: $KEY, mails per request: {per_request}}}\n"
    )
    shop.path.write_text(f"{FILE}{account}{RULES}")
    config = load_owner_config(shop.path, {"KEY": "SG.key"})
    assert batch_size(replace(shop, config=config)) == size


def test_messages_are_taken_by_rule_and_then_by_age(cafe: Cafe) -> None:
    cafe.reread(RULES)
    cafe.run(MARCH - 24 * HOUR)
    cafe.leave_carts(MARCH - 4 * HOUR, *NAMES)
    cafe.run()
    with write_transaction(cafe.engine) as connection:
        connection.execute(update(Message).values(state="queued"))
        ages = {"clara": 1, "ana": 2, "bruno": 3}
        for position, name in enumerate(ages):
            connection.execute(
                update(Message)
                .where(col(Message.to_address) == f"{name}@example.com")
                .values(due_at=MARCH - (3 - position) * HOUR)
            )
        ids = lock_due_messages(connection, ["first"], true(), now=MARCH - HOUR, limit=4)
    places = {
        row[0]: row[1:] for row in cafe.select_all(Message.id, Message.rule, Message.to_address)
    }
    assert [places[id_] for id_ in ids] == [
        ("first", "clara@example.com"),
        ("first", "ana@example.com"),
        ("first", "bruno@example.com"),
        ("second", "clara@example.com"),
    ]
