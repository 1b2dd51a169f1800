"""Points taken back: with the money of a refund, or with an order that is cancelled.

What should be taken back is worked out from the order and its refunds as they are now; what
is missing in the ledger is added to it. So it does not matter which came first, how often
this runs, or whether a cancelled order turns out to stand after all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.engine import RowMapping
from sqlalchemy.orm import aliased
from sqlmodel import col

from loyalty.fold import OURS, Key, Kind
from shop.db import changed_customers
from shop.db.upsert import Row, insert_missing, table_of
from shop.tables import Order, PointsEntry, Refund

CHANGED = changed_customers.claimed_customers(bindparam("tick"))


@dataclass(frozen=True)
class Return:
    """Money that was given back."""

    key: str
    at: datetime
    total: int


@dataclass(frozen=True)
class Sale:
    """An order that has earned points, as it stands now."""

    order: Key
    at: datetime
    points: int
    earned_on: int  # what it came to when it earned
    total: int  # what it comes to now
    stands: bool  # neither cancelled nor paid in points elsewhere


@dataclass(frozen=True)
class Taking:
    """Points to be taken back, and the reason by which they are told apart."""

    reason: str
    at: datetime
    points: int


def takings(sale: Sale, returns: Iterable[Return]) -> list[Taking]:
    """In proportion to the money, whole points, rounded for the customer; all for all.

    An order that does not stand is as one that never was, and its refunds take nothing more.
    """
    source, key = sale.order
    found, money, points = [], 0, 0
    for one in sorted(returns, key=lambda one: (one.at, one.key)):
        money += max(0, one.total)
        share = (_share(sale, money) if sale.stands else 0) - points
        points += share
        found.append(Taking(f"refund/{source}/{one.key}", max(one.at, sale.at), share))
    lost = max(sale.earned_on - sale.total, money)
    whole = _share(sale, lost) if sale.stands else sale.points
    return [*found, Taking(f"order/{source}/{key}", sale.at, whole - points)]


def _share(sale: Sale, money: int) -> int:
    if sale.earned_on <= 0:
        return 0
    return sale.points * min(money, sale.earned_on) // sale.earned_on


def reverse(connection: Connection, tick: int) -> None:
    """Take back from whoever this tick has claimed what their orders no longer earn."""
    earned = connection.execute(_touched(), {"tick": tick}).mappings().all()
    if not earned:
        return
    returns, written = _returns(connection, tick), _written(connection, tick)
    rows = [row for one in earned for row in _missing(one, returns[_order(one)], written)]
    insert_missing(connection, PointsEntry, rows)


Written = dict[str, tuple[int, int]]


def _missing(earned: RowMapping, returns: Sequence[Return], written: Written) -> Iterable[Row]:
    sale = Sale(
        order=_order(earned),
        at=earned["at"],
        points=earned["points"],
        earned_on=earned["version"],
        total=earned["total"],
        stands=earned["stands"],
    )
    for taking in takings(sale, returns):
        points, times = written.get(taking.reason, (0, 0))
        if points != -taking.points:
            yield _row(earned, taking, -taking.points - points, times + 1)


def _row(earned: RowMapping, taking: Taking, points: int, number: int) -> Row:
    same = ("customer_source", "customer_key", "customer_id", "order_source", "order_key")
    return {name: earned[name] for name in same} | {
        "source": OURS,
        "external_id": f"{Kind.REVERSED}/{number}/{taking.reason}",
        "kind": Kind.REVERSED.value,
        "points": points,
        "at": taking.at,
        # Where they come back after all, they end when the order's own points do.
        "expires_at": earned["expires_at"] if points > 0 else None,
        "version": 1,
    }


@cache
def _touched() -> Select[Any]:
    """Our earnings whose order is not what it was, or was not once."""
    entry = table_of(PointsEntry)
    stands = and_(col(Order.counts).is_(True), ~_earned_elsewhere(entry))
    refunded = exists().where(
        col(Refund.source) == entry.c.order_source, col(Refund.order_key) == entry.c.order_key
    )
    touched = or_(~stands, col(Order.total) < entry.c.version, refunded, _taken_before(entry))
    return (
        select(entry, col(Order.total).label("total"), stands.label("stands"))
        .join(Order, _of_order(entry))
        .where(entry.c.customer_id.in_(CHANGED), _is_ours(entry, Kind.EARNED), touched)
    )


def _returns(connection: Connection, tick: int) -> dict[Key, list[Return]]:
    rows = connection.execute(_given_back(), {"tick": tick}).mappings()
    found: dict[Key, list[Return]] = defaultdict(list)
    for row in rows:
        one = Return(row["external_id"], row["refunded_at"], row["total"])
        found[row["source"], row["order_key"]].append(one)
    return found


@cache
def _given_back() -> Select[Any]:
    entry, refund = table_of(PointsEntry), table_of(Refund)
    of_order = and_(
        refund.c.source == entry.c.order_source, refund.c.order_key == entry.c.order_key
    )
    return (
        select(refund)
        .join(entry, of_order)
        .where(entry.c.customer_id.in_(CHANGED), _is_ours(entry, Kind.EARNED))
    )


def _written(connection: Connection, tick: int) -> Written:
    """What was taken back before: the sum and the number of entries, by reason."""
    found: Written = {}
    for key, points in connection.execute(_taken_back(), {"tick": tick}):
        reason = key.split("/", 2)[2]
        before, times = found.get(reason, (0, 0))
        found[reason] = before + points, times + 1
    return found


@cache
def _taken_back() -> Select[tuple[str, int]]:
    entry = table_of(PointsEntry)
    return select(entry.c.external_id, entry.c.points).where(
        entry.c.customer_id.in_(CHANGED), _is_ours(entry, Kind.REVERSED)
    )


def _order(row: RowMapping) -> Key:
    return row["order_source"], row["order_key"]


def _is_ours(entry: Any, kind: Kind) -> ColumnElement[bool]:
    # Not the bare column: SQLite would look them up by it, and nearly every entry is ours.
    return and_(func.coalesce(entry.c.source, "") == OURS, entry.c.kind == kind.value)


def _of_order(entry: Any) -> ColumnElement[bool]:
    return and_(
        col(Order.source) == entry.c.order_source, col(Order.external_id) == entry.c.order_key
    )


def _earned_elsewhere(entry: Any) -> ColumnElement[bool]:
    """The source runs a programme of its own after all, and gave points for this order."""
    other: Any = aliased(PointsEntry)
    return exists().where(
        other.customer_id == entry.c.customer_id,
        other.source != OURS,
        other.kind == Kind.EARNED.value,
        other.order_source == entry.c.order_source,
        other.order_key == entry.c.order_key,
    )


def _taken_before(entry: Any) -> ColumnElement[bool]:
    other: Any = aliased(PointsEntry)
    return exists().where(
        other.customer_id == entry.c.customer_id,
        other.kind == Kind.REVERSED.value,
        other.order_source == entry.c.order_source,
        other.order_key == entry.c.order_key,
    )
