"""The ledger in the database: entries only ever added, lots and balances worked out from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select
from sqlmodel import col

from loyalty.replaying import OURS, Entry, Kind, Ledger, endings, replay
from shop import dirty
from shop.tables import Customer, Dirty, Identity, PointsBalance, PointsEntry, PointsLot
from shop.writing import Row, add_new, insert_into, table_of

AT_ONCE = 500
"""Customers; their entries are in memory together."""


class Spending(StrEnum):
    """What came of an attempt to spend points."""

    DONE = "the points are spent"
    DONE_BEFORE = "these points were spent before"
    TOO_FEW = "there are not enough points"
    NO_NUMBER = "this is no number of points"
    NOBODY = "this customer is not known"


def mark_due(connection: Connection, now: datetime) -> None:
    """Mark the customers some of whose points have ended, so that the next tick settles them."""
    # Not the bare column: SQLite would begin with all entries of ours, not with what is due.
    is_ours = func.coalesce(col(PointsEntry.source), "") == OURS
    due = (
        select(col(PointsLot.customer_id))
        .join(PointsEntry, col(PointsEntry.id) == col(PointsLot.entry_id))
        .where(col(PointsLot.expires_at) <= now, is_ours)
    )
    connection.execute(insert_into(Dirty).from_select(["customer_id"], due))


def settle(connection: Connection, changed: Select[tuple[int]], now: datetime) -> None:
    """Work out these customers' lots and balances anew, and write what has ended by now."""
    for customers in batches(concerned(connection, changed)):
        _lock(connection, customers)
        _settle(connection, customers, now)


def spend(connection: Connection, customer: int, points: int, at: datetime, key: str) -> Spending:
    """Take points away, once for each key, if there are as many."""
    if points < 1:
        return Spending.NO_NUMBER
    if not _lock(connection, [customer]):
        return Spending.NOBODY
    entry = Entry(0, OURS, f"{Kind.SPENT}/{key}", Kind.SPENT, -points, at)
    if _is_written(connection, entry):
        return Spending.DONE_BEFORE
    entries = dict(entries_of(connection, [customer])).get(customer, [])
    if replay(entries, at).balance < points:
        return Spending.TOO_FEW
    _add(connection, customer, [entry], whose=_founder(connection, customer))
    _settle(connection, [customer], at)
    dirty.mark(connection, [customer])
    return Spending.DONE


def concerned(connection: Connection, changed: Select[tuple[int]]) -> list[int]:
    """Those of them who have points, or had."""
    having = select(col(PointsEntry.customer_id)).where(col(PointsEntry.customer_id).in_(changed))
    had = select(col(PointsBalance.customer_id)).where(col(PointsBalance.customer_id).in_(changed))
    return sorted(one for one in connection.scalars(having.union(had)) if one is not None)


def batches(customers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(customers), AT_ONCE):
        yield customers[start : start + AT_ONCE]


def entries_of(
    connection: Connection, customers: Sequence[int]
) -> Iterator[tuple[int, list[Entry]]]:
    """Each customer who has any, with all their entries."""
    columns = (
        "customer_id", "id", "source", "external_id", "kind", "points", "at", "expires_at",
        "order_source", "order_key", "customer_source", "customer_key",
    )  # fmt: skip
    table = table_of(PointsEntry)
    rows = connection.execute(
        select(*(table.c[name] for name in columns))
        .where(table.c.customer_id.in_(customers))
        .order_by(table.c.customer_id)
    )
    for customer, theirs in groupby(rows, key=lambda row: row[0]):
        yield customer, [_entry(row[1:]) for row in theirs]


def _entry(row: Sequence[Any]) -> Entry:
    key, source, external_id, kind, points, at, expires_at, *others = row
    order_source, order_key, customer_source, customer_key = others
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


def _lock(connection: Connection, customers: Sequence[int]) -> bool:
    """Nobody else settles or spends for them meanwhile; whether any are known."""
    known = col(Customer.id)
    theirs = select(known).where(known.in_(customers)).order_by(known)
    return bool(connection.execute(theirs.with_for_update(key_share=True)).all())


def _settle(connection: Connection, customers: Sequence[int], now: datetime) -> None:
    ledgers: dict[int, Ledger] = {}
    for customer, entries in entries_of(connection, customers):
        ledgers[customer] = replay(entries, now)
        _add(connection, customer, endings(entries, ledgers[customer]))
    for model in (PointsLot, PointsBalance):
        table = table_of(model)
        connection.execute(delete(table).where(table.c.customer_id.in_(customers)))
    _write(connection, ledgers)


def _write(connection: Connection, ledgers: dict[int, Ledger]) -> None:
    balances = [
        {"customer_id": customer, "balance": ledger.balance} for customer, ledger in ledgers.items()
    ]
    lots = [
        {
            "entry_id": lot.entry.id, "customer_id": customer, "earned_at": lot.entry.at,
            "expires_at": lot.entry.expires_at, "left": lot.left,
        }
        for customer, ledger in ledgers.items()
        for lot in ledger.lots
    ]  # fmt: skip
    if balances:
        connection.execute(insert(table_of(PointsBalance)), balances)
    if lots:
        connection.execute(insert(table_of(PointsLot)), lots)


def _add(
    connection: Connection,
    customer: int,
    entries: Sequence[Entry],
    whose: tuple[str, str | None] = (OURS, None),
) -> None:
    add_new(connection, PointsEntry, [_row(customer, entry, whose) for entry in entries])


def _row(customer: int, entry: Entry, whose: tuple[str, str | None]) -> Row:
    source, key = entry.customer or whose
    return {
        "source": entry.source, "external_id": entry.external_id, "customer_source": source,
        "customer_key": key, "customer_id": customer, "kind": entry.kind,
        "points": entry.points, "at": entry.at, "expires_at": entry.expires_at, "version": 1,
    }  # fmt: skip


def _is_written(connection: Connection, entry: Entry) -> bool:
    known = select(col(PointsEntry.id)).where(
        col(PointsEntry.source) == entry.source, col(PointsEntry.external_id) == entry.external_id
    )
    return connection.scalar(known) is not None


def _founder(connection: Connection, customer: int) -> tuple[str, str | None]:
    """The identity that their own entries follow, should it turn out to be somebody else's."""
    found = connection.execute(
        select(col(Identity.source), col(Identity.external_id))
        .join(Customer, col(Customer.founder) == col(Identity.id))
        .where(col(Customer.id) == customer)
    ).first()
    return (found[0], found[1]) if found else (OURS, None)
