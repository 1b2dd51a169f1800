"""Reverses points after refunds and cancelled orders.

Reversals are computed from the current order and its refunds; only the difference to the entries
already written is inserted. So order of arrival, repeated runs and reinstated orders do not matter.
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

from loyalty.fold import OWN_SOURCE, EntryKind, SourceKey
from shop.db import changed_customers
from shop.db.upsert import Row, insert_missing, table_of
from shop.tables import Order, PointsEntry, Refund

CHANGED = changed_customers.claimed_customers(bindparam("tick"))


@dataclass(frozen=True)
class RefundedAmount:
    """One refund of an order."""

    key: str
    at: datetime
    total: int


@dataclass(frozen=True)
class Sale:
    """An order that has earned points, in its current state."""

    order: SourceKey
    at: datetime
    points: int
    earned_on: int  # the total at the time of earning
    total: int  # the current total
    is_valid: bool  # neither cancelled nor rewarded by another programme


@dataclass(frozen=True)
class Reversal:
    """Points to reverse, and the reason that identifies the reversal."""

    reason: str
    at: datetime
    points: int


def reversals_for(sale: Sale, refunds: Iterable[RefundedAmount]) -> list[Reversal]:
    """Returns the reversals that `sale` and its `refunds` require in total.

    1. Sort the refunds by time and accumulate the refunded money.
    2. Each refund reverses the growth of the proportional share: whole points, rounded down in the
       customer's favour; all points once all money is refunded.
    3. A final reversal of the order covers a total that shrank by more than its refunds.

    An invalid order (cancelled, or rewarded by another programme) loses all points at once, and
    its refunds reverse nothing further.
    """
    source, key = sale.order
    reversals, money, points = [], 0, 0
    for refund in sorted(refunds, key=lambda refund: (refund.at, refund.key)):
        money += max(0, refund.total)
        share = (_points_share(sale, money) if sale.is_valid else 0) - points
        points += share
        reversals.append(Reversal(f"refund/{source}/{refund.key}", max(refund.at, sale.at), share))
    lost_money = max(sale.earned_on - sale.total, money)
    total_share = _points_share(sale, lost_money) if sale.is_valid else sale.points
    return [*reversals, Reversal(f"order/{source}/{key}", sale.at, total_share - points)]


def _points_share(sale: Sale, money: int) -> int:
    if sale.earned_on <= 0:
        return 0
    return sale.points * min(money, sale.earned_on) // sale.earned_on


def reverse_points(connection: Connection, tick: int) -> None:
    """Inserts missing reversals for the orders of the customers claimed by `tick`."""
    earnings = connection.execute(_changed_earnings_query(), {"tick": tick}).mappings().all()
    if not earnings:
        return
    refunds, recorded = _load_refunds(connection, tick), _load_recorded(connection, tick)
    rows = [
        row
        for earning in earnings
        for row in _missing_rows(earning, refunds[_order_key(earning)], recorded)
    ]
    insert_missing(connection, PointsEntry, rows)


RecordedReversals = dict[str, tuple[int, int]]


def _missing_rows(
    earning: RowMapping, refunds: Sequence[RefundedAmount], recorded: RecordedReversals
) -> Iterable[Row]:
    sale = Sale(
        order=_order_key(earning),
        at=earning["at"],
        points=earning["points"],
        earned_on=earning["version"],
        total=earning["total"],
        is_valid=earning["is_valid"],
    )
    for reversal in reversals_for(sale, refunds):
        points, count = recorded.get(reversal.reason, (0, 0))
        if points != -reversal.points:
            yield _reversal_row(earning, reversal, -reversal.points - points, count + 1)


def _reversal_row(earning: RowMapping, reversal: Reversal, points: int, number: int) -> Row:
    copied_columns = ("customer_source", "customer_key", "customer_id", "order_source", "order_key")
    return {name: earning[name] for name in copied_columns} | {
        "source": OWN_SOURCE,
        "external_id": f"{EntryKind.REVERSED}/{number}/{reversal.reason}",
        "kind": EntryKind.REVERSED.value,
        "points": points,
        "at": reversal.at,
        # Points that are credited back expire with the order's own points.
        "expires_at": earning["expires_at"] if points > 0 else None,
        "version": 1,
    }


@cache
def _changed_earnings_query() -> Select[Any]:
    """In-house earnings whose order changed since, or has reversals already.

    1. Join each earned entry of the claimed customers with its order.
    2. Keep it if the order is cancelled or also earned in another programme, if its total fell
       below `version` (the total at the time of earning), if it has refunds, or if it has
       reversals.
    """
    entry = table_of(PointsEntry)
    is_valid = and_(col(Order.counts).is_(True), ~_earned_elsewhere(entry))
    refunded = exists().where(
        col(Refund.source) == entry.c.order_source, col(Refund.order_key) == entry.c.order_key
    )
    is_changed = or_(
        ~is_valid, col(Order.total) < entry.c.version, refunded, _reversed_before(entry)
    )
    return (
        select(entry, col(Order.total).label("total"), is_valid.label("is_valid"))
        .join(Order, _of_order(entry))
        .where(entry.c.customer_id.in_(CHANGED), _is_own(entry, EntryKind.EARNED), is_changed)
    )


def _load_refunds(connection: Connection, tick: int) -> dict[SourceKey, list[RefundedAmount]]:
    rows = connection.execute(_refunds_query(), {"tick": tick}).mappings()
    refunds: dict[SourceKey, list[RefundedAmount]] = defaultdict(list)
    for row in rows:
        refund = RefundedAmount(row["external_id"], row["refunded_at"], row["total"])
        refunds[row["source"], row["order_key"]].append(refund)
    return refunds


@cache
def _refunds_query() -> Select[Any]:
    entry, refund = table_of(PointsEntry), table_of(Refund)
    of_order = and_(
        refund.c.source == entry.c.order_source, refund.c.order_key == entry.c.order_key
    )
    return (
        select(refund)
        .join(entry, of_order)
        .where(entry.c.customer_id.in_(CHANGED), _is_own(entry, EntryKind.EARNED))
    )


def _load_recorded(connection: Connection, tick: int) -> RecordedReversals:
    """Written reversals by reason: the sum of points and the number of entries."""
    recorded: RecordedReversals = {}
    for key, points in connection.execute(_reversals_query(), {"tick": tick}):
        reason = key.split("/", 2)[2]
        points_before, count = recorded.get(reason, (0, 0))
        recorded[reason] = points_before + points, count + 1
    return recorded


@cache
def _reversals_query() -> Select[tuple[str, int]]:
    entry = table_of(PointsEntry)
    return select(entry.c.external_id, entry.c.points).where(
        entry.c.customer_id.in_(CHANGED), _is_own(entry, EntryKind.REVERSED)
    )


def _order_key(row: RowMapping) -> SourceKey:
    return row["order_source"], row["order_key"]


def _is_own(entry: Any, kind: EntryKind) -> ColumnElement[bool]:
    # Coalesce keeps SQLite from using the index on source: nearly every entry matches it.
    return and_(func.coalesce(entry.c.source, "") == OWN_SOURCE, entry.c.kind == kind.value)


def _of_order(entry: Any) -> ColumnElement[bool]:
    return and_(
        col(Order.source) == entry.c.order_source, col(Order.external_id) == entry.c.order_key
    )


def _earned_elsewhere(entry: Any) -> ColumnElement[bool]:
    """Whether another programme gave points for this order."""
    other: Any = aliased(PointsEntry)
    return exists().where(
        other.customer_id == entry.c.customer_id,
        other.source != OWN_SOURCE,
        other.kind == EntryKind.EARNED.value,
        other.order_source == entry.c.order_source,
        other.order_key == entry.c.order_key,
    )


def _reversed_before(entry: Any) -> ColumnElement[bool]:
    other: Any = aliased(PointsEntry)
    return exists().where(
        other.customer_id == entry.c.customer_id,
        other.kind == EntryKind.REVERSED.value,
        other.order_source == entry.c.order_source,
        other.order_key == entry.c.order_key,
    )
