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
from shop.types.moment import moment_after
from triggers.config import Rule
from triggers.durations import negative_lead
from triggers.null_columns import null_column
from triggers.trigger import LENGTH_PARAM, clock_trigger

WEEK = timedelta(weeks=1) // timedelta(microseconds=1)
DAY = timedelta(days=1) // timedelta(microseconds=1)


def _period_number(moment: Any, unit: int) -> ColumnElement[str]:
    """The number of the week or day since 1970, as text."""
    return cast(type_coerce(moment, BigInteger) // unit, String)


def _earned_occasions(_rule: Rule) -> Select[Any]:
    """One occasion a week, however often somebody buys: a digest, not a receipt."""
    return select(
        col(PointsEntry.customer_id).label("customer_id"),
        _week_key().label("occasion"),
        null_column("cart_id"),
        null_column("answer_id"),
        col(PointsEntry.at).label("since_at"),
    ).where(col(PointsEntry.customer_id).is_not(None), col(PointsEntry.kind) == "earned")


def _expiring_occasions(_rule: Rule) -> Select[Any]:
    """One occasion for all that ends on one day."""
    return select(
        col(PointsLot.customer_id).label("customer_id"),
        _expiry_day_key().label("occasion"),
        null_column("cart_id"),
        null_column("answer_id"),
        moment_after(col(PointsLot.expires_at), LENGTH_PARAM).label("since_at"),
    ).where(col(PointsLot.left) > 0, col(PointsLot.expires_at).is_not(None))


def _week_key() -> ColumnElement[str]:
    return literal("week ") + _period_number(col(PointsEntry.at), WEEK)


def _expiry_day_key() -> ColumnElement[str]:
    return literal("day ") + _period_number(col(PointsLot.expires_at), DAY)


def _points_left() -> ColumnElement[bool]:
    return (
        select(col(PointsLot.entry_id))
        .where(
            col(PointsLot.customer_id) == col(Enrolment.customer_id),
            _expiry_day_key() == col(Enrolment.occasion),
            col(PointsLot.left) > 0,
        )
        .exists()
    )


def _not_reversed() -> ColumnElement[bool]:
    """Points whose order was refunded since are nothing to be thanked for."""
    reversal: Any = aliased(PointsEntry)
    reversed_points = select(func.coalesce(func.sum(reversal.points), 0)).where(
        reversal.customer_id == col(PointsEntry.customer_id),
        reversal.kind == "reversed",
        reversal.order_source == col(PointsEntry.order_source),
        reversal.order_key == col(PointsEntry.order_key),
    )
    return (
        select(col(PointsEntry.id))
        .where(
            col(PointsEntry.customer_id) == col(Enrolment.customer_id),
            col(PointsEntry.kind) == "earned",
            _week_key() == col(Enrolment.occasion),
            col(PointsEntry.points) + reversed_points.scalar_subquery() > 0,
        )
        .exists()
    )


POINTS_EARNED = clock_trigger(
    _earned_occasions,
    lambda _rule: col(PointsEntry.at),
    lambda _rule: timedelta(0),
    customer=col(PointsEntry.customer_id),
    still_applies=_not_reversed,
    end_reason="the points were taken back",
)
POINTS_EXPIRE = clock_trigger(
    _expiring_occasions,
    lambda _rule: col(PointsLot.expires_at),
    negative_lead,
    customer=col(PointsLot.customer_id),
    still_applies=_points_left,
    end_reason="the points were spent",
)
