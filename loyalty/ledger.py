"""The points ledger in the database: append-only entries, and lots and balances from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Connection,
    Delete,
    Select,
    bindparam,
    delete,
    func,
    select,
)
from sqlmodel import col

from loyalty.fold import OWN_SOURCE, Entry, EntryKind, Ledger, missing_expiries, replay
from shop.db import changed_customers
from shop.db.cached_insert import Insert
from shop.db.upsert import IN_VALUES, Row, insert_into, insert_missing, table_of
from shop.tables import ChangeMarker, Customer, Identity, PointsBalance, PointsEntry, PointsLot

CHANGED = changed_customers.claimed_customers(bindparam("tick"))
BATCH_SIZE = 500
"""Customers per batch; all their entries are held in memory."""


class Spending(StrEnum):
    """Outcome of an attempt to spend points."""

    DONE = "the points are spent"
    DONE_BEFORE = "these points were spent before"
    TOO_FEW = "there are not enough points"
    INVALID_AMOUNT = "this is no number of points"
    UNKNOWN_CUSTOMER = "this customer is not known"


def mark_expired_lots(connection: Connection, now: datetime) -> None:
    """Marks customers whose in-house lots expired by `now`: the next tick settles them."""
    connection.execute(_mark_statement(), {"now": now})


@cache
def _mark_statement() -> Insert:
    # Coalesce keeps SQLite from using the index on source: nearly every entry matches it.
    is_own = func.coalesce(col(PointsEntry.source), "") == OWN_SOURCE
    due = (
        select(col(PointsLot.customer_id))
        .join(PointsEntry, col(PointsEntry.id) == col(PointsLot.entry_id))
        .where(col(PointsLot.expires_at) <= bindparam("now"), is_own)
    )
    return insert_into(ChangeMarker).from_select(["customer_id"], due)


def settle_points(connection: Connection, tick: int, now: datetime) -> None:
    """Rebuilds lots and balances of the customers claimed by `tick`; writes expiries."""
    for customers in _batches(_claimed_customers(connection, tick)):
        _lock_customers(connection, customers)
        _settle_batch(connection, customers, now)


def spend_points(
    connection: Connection, customer: int, points: int, at: datetime, key: str
) -> Spending:
    """Debits `points` if the balance covers them; once for each `key`.

    Args:
        connection: An open write transaction.
        customer: The customer's id.
        points: At least 1.
        at: Time of the debit; lots that expired before it do not count.
        key: Idempotency key.

    Returns:
        DONE, or the reason why nothing was debited.
    """
    if points < 1:
        return Spending.INVALID_AMOUNT
    if not _lock_customers(connection, [customer]):
        return Spending.UNKNOWN_CUSTOMER
    entry = Entry(0, OWN_SOURCE, f"{EntryKind.SPENT}/{key}", EntryKind.SPENT, -points, at)
    if _is_written(connection, entry):
        return Spending.DONE_BEFORE
    entries = dict(load_entries(connection, [customer])).get(customer, [])
    if replay(entries, at).balance < points:
        return Spending.TOO_FEW
    _add_entries(connection, customer, [entry], identity=_founding_identity(connection, customer))
    _settle_batch(connection, [customer], at)
    changed_customers.mark_changed(connection, [customer])
    return Spending.DONE


def _claimed_customers(connection: Connection, tick: int) -> list[int]:
    customer_ids = connection.scalars(_customers_with_points(), {"tick": tick})
    return sorted(customer_id for customer_id in customer_ids if customer_id is not None)


@cache
def _customers_with_points() -> CompoundSelect[tuple[int | None]]:
    """Claimed customers with entries or a balance."""
    with_entries = select(col(PointsEntry.customer_id)).where(
        col(PointsEntry.customer_id).in_(CHANGED)
    )
    with_balance = select(col(PointsBalance.customer_id)).where(
        col(PointsBalance.customer_id).in_(CHANGED)
    )
    return with_entries.union(with_balance)


def _batches(customers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(customers), BATCH_SIZE):
        yield customers[start : start + BATCH_SIZE]


def load_entries(
    connection: Connection, customers: Sequence[int]
) -> Iterator[tuple[int, list[Entry]]]:
    """Yields each customer that has entries, with all of them."""
    rows = connection.execute(_entries_query(), {"values": list(customers)})
    for customer, customer_rows in groupby(rows, key=lambda row: row[0]):
        yield customer, [_entry_from_row(row[1:]) for row in customer_rows]


@cache
def _entries_query() -> Select[Any]:
    columns = (
        "customer_id", "id", "source", "external_id", "kind", "points", "at", "expires_at",
        "order_source", "order_key", "customer_source", "customer_key",
    )  # fmt: skip
    table = table_of(PointsEntry)
    of_customers = table.c.customer_id.in_(IN_VALUES)
    return (
        select(*(table.c[name] for name in columns))
        .where(of_customers)
        .order_by(table.c.customer_id)
    )


def _entry_from_row(row: Sequence[Any]) -> Entry:
    key, source, external_id, kind, points, at, expires_at, *references = row
    order_source, order_key, customer_source, customer_key = references
    return Entry(
        key,
        source,
        external_id,
        kind,
        points,
        at,
        expires_at,
        order=(order_source, order_key) if order_source and order_key else None,
        customer=(customer_source, customer_key) if customer_key else None,
    )


def _lock_customers(connection: Connection, customers: Sequence[int]) -> bool:
    """Locks the customers' rows against concurrent settling; returns whether any exists."""
    return bool(connection.execute(_lock_query(), {"values": list(customers)}).all())


@cache
def _lock_query() -> Select[tuple[int | None]]:
    customer_id = col(Customer.id)
    customers = select(customer_id).where(customer_id.in_(IN_VALUES))
    return customers.order_by(customer_id).with_for_update(key_share=True)


def _settle_batch(connection: Connection, customers: Sequence[int], now: datetime) -> None:
    """Rebuilds one batch.

    1. Replay each customer's entries and insert the expiries that are missing.
    2. Delete the customers' lots and balances.
    3. Insert them again from the replayed ledgers.
    """
    ledgers: dict[int, Ledger] = {}
    for customer, entries in load_entries(connection, customers):
        ledgers[customer] = replay(entries, now)
        _add_entries(connection, customer, missing_expiries(entries, ledgers[customer]))
    for model in (PointsLot, PointsBalance):
        connection.execute(_delete_statement(model), {"values": list(customers)})
    _write_ledgers(connection, ledgers)


@cache
def _delete_statement(model: type[PointsLot | PointsBalance]) -> Delete:
    table = table_of(model)
    return delete(table).where(table.c.customer_id.in_(IN_VALUES))


def _write_ledgers(connection: Connection, ledgers: dict[int, Ledger]) -> None:
    balances = [
        {"customer_id": customer, "balance": ledger.balance} for customer, ledger in ledgers.items()
    ]
    lots = [
        {
            "entry_id": lot.entry.id, "customer_id": customer, "earned_at": lot.entry.at,
            "expires_at": lot.entry.expires_at, "left": lot.remaining,
        }
        for customer, ledger in ledgers.items()
        for lot in ledger.lots
    ]  # fmt: skip
    if balances:
        connection.execute(insert_into(PointsBalance), balances)
    if lots:
        connection.execute(insert_into(PointsLot), lots)


def _add_entries(
    connection: Connection,
    customer: int,
    entries: Sequence[Entry],
    identity: tuple[str, str | None] = (OWN_SOURCE, None),
) -> None:
    insert_missing(
        connection, PointsEntry, [_entry_row(customer, entry, identity) for entry in entries]
    )


def _entry_row(customer: int, entry: Entry, identity: tuple[str, str | None]) -> Row:
    source, key = entry.customer or identity
    return {
        "source": entry.source, "external_id": entry.external_id, "customer_source": source,
        "customer_key": key, "customer_id": customer, "kind": entry.kind,
        "points": entry.points, "at": entry.at, "expires_at": entry.expires_at, "version": 1,
    }  # fmt: skip


def _is_written(connection: Connection, entry: Entry) -> bool:
    existing = select(col(PointsEntry.id)).where(
        col(PointsEntry.source) == entry.source, col(PointsEntry.external_id) == entry.external_id
    )
    return connection.scalar(existing) is not None


def _founding_identity(connection: Connection, customer: int) -> tuple[str, str | None]:
    """Source and key of the customer's founding identity.

    Entries written for it follow that identity if the customer is split later.
    """
    row = connection.execute(
        select(col(Identity.source), col(Identity.external_id))
        .join(Customer, col(Customer.founder) == col(Identity.id))
        .where(col(Customer.id) == customer)
    ).first()
    return (row[0], row[1]) if row else (OWN_SOURCE, None)
