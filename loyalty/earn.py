"""Points for orders, where we run the programme: given once, taken back with the money."""

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
from loyalty.fold import LARGEST, OURS, Kind
from loyalty.refunds import reverse
from shop.db import changed_customers
from shop.db.cached_insert import Insert
from shop.db.upsert import STATEMENT_CACHE_SIZE, insert_into, insert_missing
from shop.tables import Order, PointsEntry, SyncState
from shop.types.moment import moment_after
from shop.types.money import minor_units

CHANGED = changed_customers.claimed_customers(bindparam("tick"))
DEAREST = 10**12
"""No sale of a small shop comes to more, in cents; a larger one is a mistake and earns nothing."""
COLUMNS = (
    "source", "external_id", "customer_source", "customer_key", "customer_id", "kind",
    "points", "at", "expires_at", "order_source", "order_key", "version",
)  # fmt: skip


@dataclass(frozen=True)
class Programme:
    """A programme of points that we run ourselves."""

    earn: Earn
    lasts: timedelta | None  # points without an end, where it is None
    currency: str
    since: datetime  # orders from before it earn nothing


def programme_of(loyalty: Loyalty, currency: str, since: datetime) -> Programme | None:
    """What we run; None where somebody else does."""
    if not loyalty.is_ours or loyalty.earn is None:
        return None
    lasts = loyalty.expire_after.elapsed if loyalty.expire_after else None
    return Programme(loyalty.earn, lasts, currency, since)


def begun(connection: Connection, now: datetime) -> datetime:
    """When our programme began: the first time that anybody asked."""
    known = connection.scalar(_begun())
    if known is not None:
        return known
    insert_missing(connection, SyncState, [{"source": OURS, "stream": "points", "since": now}])
    return connection.scalar(_begun()) or now


@cache
def _begun() -> Select[tuple[datetime | None]]:
    ours = and_(col(SyncState.source) == OURS, col(SyncState.stream) == "points")
    return select(col(SyncState.since)).where(ours)


def earn(connection: Connection, tick: int, programme: Programme | None) -> None:
    """Bring the points of whoever this tick has claimed in line with their orders.

    Again changes nothing. Where we no longer run a programme nothing is given, but refunds
    still take back.
    """
    if programme is not None:
        connection.execute(_giving(programme), {"tick": tick})
    reverse(connection, tick)


@lru_cache(STATEMENT_CACHE_SIZE)
def _giving(programme: Programme) -> Insert:
    points = _points(programme)
    orders = select(
        literal(OURS),
        _entry_key(),
        col(Order.customer_source),
        col(Order.customer_key),
        col(Order.customer_id),
        literal(Kind.EARNED.value),
        points,
        col(Order.placed_at),
        moment_after(col(Order.placed_at), programme.lasts) if programme.lasts else null(),
        col(Order.source),
        col(Order.external_id),
        # Our own entries have no versions: the place holds what the order came to when it
        # earned, against which a smaller total is seen later.
        col(Order.total),
    ).where(
        col(Order.customer_id).in_(CHANGED),
        col(Order.counts).is_(True),
        col(Order.placed_at) >= programme.since,
        points.between(1, LARGEST),
        ~_has_earned(),
    )
    return insert_into(PointsEntry).from_select(COLUMNS, orders).on_conflict_do_nothing()


def _points(programme: Programme) -> ColumnElement[int]:
    """Whole points for an order's total, rounded down; none in a currency we have no rate for."""
    total = col(Order.total)
    if programme.earn.per is None:
        return case((total >= 0, literal(programme.earn.points, BigInteger)), else_=literal(0))
    rate = programme.earn.points / Fraction(minor_units(programme.earn.per, programme.currency))
    many, each = (literal(part, BigInteger) for part in rate.as_integer_ratio())
    # Inside CASE, so that an absurd total is never multiplied.
    sane = and_(col(Order.currency) == programme.currency, total.between(1, DEAREST))
    return case((sane, total * many // each), else_=literal(0))


def _entry_key() -> ColumnElement[str]:
    return literal(f"{Kind.EARNED}/") + col(Order.source) + literal("/") + col(Order.external_id)


def _has_earned() -> ColumnElement[bool]:
    """From us, or from a programme that the source runs itself."""
    known: Any = aliased(PointsEntry)
    from_us = exists().where(known.source == OURS, known.external_id == _entry_key())
    from_them = exists().where(
        known.customer_id == col(Order.customer_id),
        known.kind == Kind.EARNED.value,
        known.order_source == col(Order.source),
        known.order_key == col(Order.external_id),
    )
    return or_(from_us, from_them)
