"""`when: points earned` and `when: points expire`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    cast,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from shop.tables import Enrolment, PointsEntry, PointsLot
from shop.types.moment import after
from triggers.config import Rule
from triggers.durations import before
from triggers.null_columns import no_row
from triggers.trigger import LENGTH, clocked

WEEK = timedelta(weeks=1) // timedelta(microseconds=1)
DAY = timedelta(days=1) // timedelta(microseconds=1)


def _counted(moment: Any, unit: int) -> ColumnElement[str]:
    """The number of the week or day since 1970, as text."""
    return cast(type_coerce(moment, BigInteger) // unit, String)


def _earned(_rule: Rule) -> Select[Any]:
    """One occasion a week, however often somebody buys: a digest, not a receipt."""
    return select(
        col(PointsEntry.customer_id).label("customer_id"),
        _week().label("occasion"),
        no_row("cart_id"),
        no_row("answer_id"),
        col(PointsEntry.at).label("since_at"),
    ).where(col(PointsEntry.customer_id).is_not(None), col(PointsEntry.kind) == "earned")


def _expiring(_rule: Rule) -> Select[Any]:
    """One occasion for all that ends on one day."""
    return select(
        col(PointsLot.customer_id).label("customer_id"),
        _last_day().label("occasion"),
        no_row("cart_id"),
        no_row("answer_id"),
        after(col(PointsLot.expires_at), LENGTH).label("since_at"),
    ).where(col(PointsLot.left) > 0, col(PointsLot.expires_at).is_not(None))


def _week() -> ColumnElement[str]:
    return literal("week ") + _counted(col(PointsEntry.at), WEEK)


def _last_day() -> ColumnElement[str]:
    return literal("day ") + _counted(col(PointsLot.expires_at), DAY)


def _still_there() -> ColumnElement[bool]:
    return (
        select(col(PointsLot.entry_id))
        .where(
            col(PointsLot.customer_id) == col(Enrolment.customer_id),
            _last_day() == col(Enrolment.occasion),
            col(PointsLot.left) > 0,
        )
        .exists()
    )


def _still_earned() -> ColumnElement[bool]:
    """Points whose order was refunded since are nothing to be thanked for."""
    taken: Any = aliased(PointsEntry)
    taken_back = select(func.coalesce(func.sum(taken.points), 0)).where(
        taken.customer_id == col(PointsEntry.customer_id),
        taken.kind == "reversed",
        taken.order_source == col(PointsEntry.order_source),
        taken.order_key == col(PointsEntry.order_key),
    )
    return (
        select(col(PointsEntry.id))
        .where(
            col(PointsEntry.customer_id) == col(Enrolment.customer_id),
            col(PointsEntry.kind) == "earned",
            _week() == col(Enrolment.occasion),
            col(PointsEntry.points) + taken_back.scalar_subquery() > 0,
        )
        .exists()
    )


POINTS_EARNED = clocked(
    _earned,
    lambda _rule: col(PointsEntry.at),
    lambda _rule: timedelta(0),
    customer=col(PointsEntry.customer_id),
    still_so=_still_earned,
    over="the points were taken back",
)
POINTS_EXPIRE = clocked(
    _expiring,
    lambda _rule: col(PointsLot.expires_at),
    before,
    customer=col(PointsLot.customer_id),
    still_so=_still_there,
    over="the points were spent",
)
