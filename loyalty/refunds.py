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

from loyalty.fold import OWN_SOURCE, EntryKind, SourceKey
from shop.db import changed_customers
from shop.db.upsert import Row, insert_missing, table_of
from shop.tables import Order, PointsEntry, Refund

CHANGED = changed_customers.claimed_customers(bindparam("tick"))


@dataclass(frozen=True)
class RefundedAmount:
    """Money that was given back."""

    key: str
    at: datetime
    total: int


@dataclass(frozen=True)
class Sale:
    """An order that has earned points, as it stands now."""

    order: SourceKey
    at: datetime
    points: int
    earned_on: int  # what it came to when it earned
    total: int  # what it comes to now
    is_valid: bool  # neither cancelled nor paid in points elsewhere


@dataclass(frozen=True)
class Reversal:
    """Points to be taken back, and the reason by which they are told apart."""

    reason: str
    at: datetime
    points: int


def reversals_for(sale: Sale, refunds: Iterable[RefundedAmount]) -> list[Reversal]:
    """In proportion to the money, whole points, rounded for the customer; all for all.

    An order that does not stand is as one that never was, and its refunds take nothing more.
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
    """Take back from whoever this tick has claimed what their orders no longer earn."""
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
        is_valid=earning["stands"],
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
        # Where they come back after all, they end when the order's own points do.
        "expires_at": earning["expires_at"] if points > 0 else None,
        "version": 1,
    }


@cache
def _changed_earnings_query() -> Select[Any]:
    """Our earnings whose order is not what it was, or was not once."""
    entry = table_of(PointsEntry)
    is_valid = and_(col(Order.counts).is_(True), ~_earned_elsewhere(entry))
    refunded = exists().where(
        col(Refund.source) == entry.c.order_source, col(Refund.order_key) == entry.c.order_key
    )
    is_changed = or_(
        ~is_valid, col(Order.total) < entry.c.version, refunded, _reversed_before(entry)
    )
    return (
        select(entry, col(Order.total).label("total"), is_valid.label("stands"))
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
    """What was taken back before: the sum and the number of entries, by reason."""
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
    # Not the bare column: SQLite would look them up by it, and nearly every entry is ours.
    return and_(func.coalesce(entry.c.source, "") == OWN_SOURCE, entry.c.kind == kind.value)


def _of_order(entry: Any) -> ColumnElement[bool]:
    return and_(
        col(Order.source) == entry.c.order_source, col(Order.external_id) == entry.c.order_key
    )


def _earned_elsewhere(entry: Any) -> ColumnElement[bool]:
    """The source runs a programme of its own after all, and gave points for this order."""
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
