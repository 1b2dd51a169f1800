"""Snapshots of a shop's database: every question is one SQL text, in one place.

Where a migration renames a table or a column, the question changes in `TODAY`; those of a frozen
release stay as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.upgrade.databases import Database

# What no further sync of the same records may change.
LASTING: Mapping[str, str] = {
    "customers": "SELECT id, email_key, phone_key, birthday FROM customers",
    "identities": "SELECT source, external_id, customer_id FROM identities",
    "contacts": "SELECT identity_id, channel, key FROM contacts",
    "merges": "SELECT gone, kept, why FROM merges",
    "orders": "SELECT source, external_id, customer_id, placed_at, total FROM orders",
    "order lines": "SELECT source, order_key, position, title, total FROM order_lines",
    "carts": "SELECT source, external_id, customer_id, left_at, total FROM carts",
    "cart lines": "SELECT source, cart_key, position, title, total FROM cart_lines",
    "refunds": "SELECT source, external_id, order_key, total FROM refunds",
    "bookings": "SELECT source, external_id, customer_id, made_at FROM bookings",
    "answers": "SELECT source, id, customer_id, csat, words FROM answers",
    "points": "SELECT source, external_id, customer_id, points, at FROM points_entries",
    "visits": "SELECT customer_id, visits, orders, spent FROM metrics",
    "statements": "SELECT source, external_id, says, said_at FROM basis_statements",
    "suppressions": "SELECT address, reason, since FROM suppressions",
    "sign-ups": "SELECT id, address_key, asked_at, confirmed_at FROM sign_ups",
    "set aside": "SELECT source, stream, record_key, reason FROM quarantine",
    "mail that came back": "SELECT source, message_id, kind, address FROM mail_events",
}


@dataclass(frozen=True)
class Queries:
    """SQL that both databases understand."""

    messages: str = "SELECT id, rule, state, customer_id, through FROM messages"
    running: str = (
        "SELECT enrolments.rule, customers.first_name FROM enrolments"
        " JOIN customers ON customers.id = enrolments.customer_id WHERE next_at IS NOT NULL"
    )
    names: str = "SELECT id, first_name FROM customers"
    addresses: str = "SELECT id, email_key FROM customers"
    suppressed: str = "SELECT address FROM suppressions WHERE lifted_at IS NULL"
    consents: str = "SELECT customer_id, state FROM basis WHERE channel = 'e-mail'"
    cursors: str = "SELECT source, stream, since FROM sync_states"
    balances: str = "SELECT customer_id, balance FROM points_balances"
    tasks: str = (
        "SELECT customers.first_name, tasks.rule, done_at IS NOT NULL FROM tasks"
        " JOIN customers ON customers.id = tasks.customer_id"
    )
    pending_write_backs: str = "SELECT source, key FROM write_backs WHERE done_at IS NULL"
    lasting: Mapping[str, str] = field(default_factory=lambda: LASTING)


OF_0_1_0 = Queries()
TODAY = replace(OF_0_1_0)


@dataclass(frozen=True)
class Message:
    """One mail of one step."""

    rule: str
    state: str
    customer: int
    through: str | None


@dataclass(frozen=True)
class Snapshot:
    """What the test compares, at one moment."""

    messages: Mapping[str, Message]
    running: Counter[tuple[str, str]]
    names: Mapping[int, str]
    addresses: Mapping[int, str | None]
    suppressed: set[str]
    consents: Mapping[int, str]
    cursors: Mapping[tuple[str, str], int | None]
    balances: Mapping[int, int]
    tasks: Counter[tuple[Any, ...]]
    pending_write_backs: set[tuple[str, str]]
    lasting: Mapping[str, Counter[tuple[Any, ...]]]

    def in_state(self, *states: str) -> set[str]:
        return {key for key, message in self.messages.items() if message.state in states}

    def opted_out(self) -> set[int]:
        return {customer for customer, state in self.consents.items() if state == "no"}


def take_snapshot(database: Database, queries: Queries) -> Snapshot:
    return Snapshot(
        messages={key: Message(*columns) for key, *columns in database.rows(queries.messages)},
        running=Counter(database.rows(queries.running)),
        names=dict(database.rows(queries.names)),
        addresses=dict(database.rows(queries.addresses)),
        suppressed={address for (address,) in database.rows(queries.suppressed)},
        consents=dict(database.rows(queries.consents)),
        cursors={(source, stream): at for source, stream, at in database.rows(queries.cursors)},
        balances=dict(database.rows(queries.balances)),
        tasks=Counter(database.rows(queries.tasks)),
        pending_write_backs=set(database.rows(queries.pending_write_backs)),
        lasting={name: Counter(database.rows(sql)) for name, sql in queries.lasting.items()},
    )
