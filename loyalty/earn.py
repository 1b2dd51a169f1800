"""Awards points for orders in the in-house programme, and reverses them after refunds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    exists,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from loyalty.config import Earn, Loyalty
from loyalty.fold import MAX_ENTRY_POINTS, OWN_SOURCE, EntryKind
from loyalty.refunds import reverse_points
from shop.db import changed_customers
from shop.db.cached_insert import Insert
from shop.db.upsert import STATEMENT_CACHE_SIZE, insert_into, insert_missing
from shop.tables import Order, PointsEntry, SyncState
from shop.types.moment import moment_after
from shop.types.money import minor_units

CHANGED = changed_customers.claimed_customers(bindparam("tick"))
MAX_ORDER_TOTAL = 10**12
"""In minor units; an order above it is taken for a data error and earns nothing."""
COLUMNS = (
    "source", "external_id", "customer_source", "customer_key", "customer_id", "kind",
    "points", "at", "expires_at", "order_source", "order_key", "version",
)  # fmt: skip


@dataclass(frozen=True)
class Programme:
    """An in-house points programme."""

    earn: Earn
    valid_for: timedelta | None  # None: points do not expire
    currency: str
    since: datetime  # earlier orders earn nothing


def in_house_programme(loyalty: Loyalty, currency: str, since: datetime) -> Programme | None:
    """Returns the programme that `loyalty` defines, or None if a source runs it."""
    if not loyalty.is_in_house or loyalty.earn is None:
        return None
    valid_for = loyalty.expire_after.elapsed if loyalty.expire_after else None
    return Programme(loyalty.earn, valid_for, currency, since)


def programme_start(connection: Connection, now: datetime) -> datetime:
    """Returns when the in-house programme began; the first call stores `now`."""
    started_at = connection.scalar(_start_query())
    if started_at is not None:
        return started_at
    insert_missing(
        connection, SyncState, [{"source": OWN_SOURCE, "stream": "points", "since": now}]
    )
    return connection.scalar(_start_query()) or now


@cache
def _start_query() -> Select[tuple[datetime | None]]:
    of_programme = and_(col(SyncState.source) == OWN_SOURCE, col(SyncState.stream) == "points")
    return select(col(SyncState.since)).where(of_programme)


def award_points(connection: Connection, tick: int, programme: Programme | None) -> None:
    """Inserts earned and reversed entries for the orders of the customers claimed by `tick`.

    Idempotent. With `programme` None no points are awarded, but refunds still reverse points.
    """
    if programme is not None:
        connection.execute(_award_statement(programme), {"tick": tick})
    reverse_points(connection, tick)


@lru_cache(STATEMENT_CACHE_SIZE)
def _award_statement(programme: Programme) -> Insert:
    points = _points_for_order(programme)
    orders = select(
        literal(OWN_SOURCE),
        _entry_key(),
        col(Order.customer_source),
        col(Order.customer_key),
        col(Order.customer_id),
        literal(EntryKind.EARNED.value),
        points,
        col(Order.placed_at),
        moment_after(col(Order.placed_at), programme.valid_for) if programme.valid_for else null(),
        col(Order.source),
        col(Order.external_id),
        # `version` holds the order's total at the time of earning: own entries have no
        # versions, and reversals compare the current total with it.
        col(Order.total),
    ).where(
        col(Order.customer_id).in_(CHANGED),
        col(Order.counts).is_(True),
        col(Order.placed_at) >= programme.since,
        points.between(1, MAX_ENTRY_POINTS),
        ~_has_earned(),
    )
    return insert_into(PointsEntry).from_select(COLUMNS, orders).on_conflict_do_nothing()


def _points_for_order(programme: Programme) -> ColumnElement[int]:
    """Whole points for an order's total, rounded down; 0 in any other currency."""
    total = col(Order.total)
    if programme.earn.per is None:
        return case((total >= 0, literal(programme.earn.points, BigInteger)), else_=literal(0))
    rate = programme.earn.points / Fraction(minor_units(programme.earn.per, programme.currency))
    numerator, denominator = (literal(part, BigInteger) for part in rate.as_integer_ratio())
    # Inside CASE, so that an implausible total never overflows in the multiplication.
    is_plausible = and_(
        col(Order.currency) == programme.currency, total.between(1, MAX_ORDER_TOTAL)
    )
    return case((is_plausible, total * numerator // denominator), else_=literal(0))


def _entry_key() -> ColumnElement[str]:
    return (
        literal(f"{EntryKind.EARNED}/") + col(Order.source) + literal("/") + col(Order.external_id)
    )


def _has_earned() -> ColumnElement[bool]:
    """Whether the order has earned already, in-house or in a programme of its source."""
    earlier: Any = aliased(PointsEntry)
    by_own_programme = exists().where(
        earlier.source == OWN_SOURCE, earlier.external_id == _entry_key()
    )
    by_source = exists().where(
        earlier.customer_id == col(Order.customer_id),
        earlier.kind == EntryKind.EARNED.value,
        earlier.order_source == col(Order.source),
        earlier.order_key == col(Order.external_id),
    )
    return or_(by_own_programme, by_source)
