"""The ledger in the database: entries only ever added, lots and balances worked out from them."""

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

from loyalty.fold import OURS, Entry, Kind, Ledger, endings, replay
from shop.db import changed_customers
from shop.db.cached_insert import Insert
from shop.db.upsert import IN_VALUES, Row, insert_into, insert_missing, table_of
from shop.tables import ChangeMarker, Customer, Identity, PointsBalance, PointsEntry, PointsLot

CHANGED = changed_customers.claimed_customers(bindparam("tick"))
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
    connection.execute(_marking(), {"now": now})


@cache
def _marking() -> Insert:
    # Not the bare column: SQLite would begin with all entries of ours, not with what is due.
    is_ours = func.coalesce(col(PointsEntry.source), "") == OURS
    due = (
        select(col(PointsLot.customer_id))
        .join(PointsEntry, col(PointsEntry.id) == col(PointsLot.entry_id))
        .where(col(PointsLot.expires_at) <= bindparam("now"), is_ours)
    )
    return insert_into(ChangeMarker).from_select(["customer_id"], due)


def settle(connection: Connection, tick: int, now: datetime) -> None:
    """Work out the lots and balances of whoever this tick has claimed; write what has ended."""
    for customers in _batches(_concerned(connection, tick)):
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
    changed_customers.mark_changed(connection, [customer])
    return Spending.DONE


def _concerned(connection: Connection, tick: int) -> list[int]:
    found = connection.scalars(_with_points(), {"tick": tick})
    return sorted(one for one in found if one is not None)


@cache
def _with_points() -> CompoundSelect[tuple[int | None]]:
    """Those of them who have points, or had."""
    having = select(col(PointsEntry.customer_id)).where(col(PointsEntry.customer_id).in_(CHANGED))
    had = select(col(PointsBalance.customer_id)).where(col(PointsBalance.customer_id).in_(CHANGED))
    return having.union(had)


def _batches(customers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(customers), AT_ONCE):
        yield customers[start : start + AT_ONCE]


def entries_of(
    connection: Connection, customers: Sequence[int]
) -> Iterator[tuple[int, list[Entry]]]:
    """Each customer who has any, with all their entries."""
    rows = connection.execute(_entries(), {"some": list(customers)})
    for customer, theirs in groupby(rows, key=lambda row: row[0]):
        yield customer, [_entry(row[1:]) for row in theirs]


@cache
def _entries() -> Select[Any]:
    columns = (
        "customer_id", "id", "source", "external_id", "kind", "points", "at", "expires_at",
        "order_source", "order_key", "customer_source", "customer_key",
    )  # fmt: skip
    table = table_of(PointsEntry)
    theirs = table.c.customer_id.in_(IN_VALUES)
    return select(*(table.c[name] for name in columns)).where(theirs).order_by(table.c.customer_id)


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
    return bool(connection.execute(_locking(), {"some": list(customers)}).all())


@cache
def _locking() -> Select[tuple[int | None]]:
    known = col(Customer.id)
    theirs = select(known).where(known.in_(IN_VALUES))
    return theirs.order_by(known).with_for_update(key_share=True)


def _settle(connection: Connection, customers: Sequence[int], now: datetime) -> None:
    ledgers: dict[int, Ledger] = {}
    for customer, entries in entries_of(connection, customers):
        ledgers[customer] = replay(entries, now)
        _add(connection, customer, endings(entries, ledgers[customer]))
    for model in (PointsLot, PointsBalance):
        connection.execute(_forgetting(model), {"some": list(customers)})
    _write(connection, ledgers)


@cache
def _forgetting(model: type[PointsLot | PointsBalance]) -> Delete:
    table = table_of(model)
    return delete(table).where(table.c.customer_id.in_(IN_VALUES))


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
        connection.execute(insert_into(PointsBalance), balances)
    if lots:
        connection.execute(insert_into(PointsLot), lots)


def _add(
    connection: Connection,
    customer: int,
    entries: Sequence[Entry],
    whose: tuple[str, str | None] = (OURS, None),
) -> None:
    insert_missing(connection, PointsEntry, [_row(customer, entry, whose) for entry in entries])


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
