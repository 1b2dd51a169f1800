"""`when: points expire`: one occasion for all points that end on one day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from shop.types.purpose import Pace, Purpose
from triggers.durations import lead_time, negative_lead
from triggers.event import DAY, Event, ExplainContext, Occasion
from triggers.lazy_modules import col, moments, sa, tables, trigger
from triggers.rule_schedule import RuleTiming

MICROSECONDS_A_DAY = DAY // timedelta(microseconds=1)


def _trigger() -> trigger.Trigger:
    return trigger.clock_trigger(
        _occasions,
        lambda _rule: col(tables.PointsLot.expires_at),
        negative_lead,
        customer=col(tables.PointsLot.customer_id),
        still_applies=_points_left,
        end_reason="the points were spent",
    )


def _occasions(_rule: RuleTiming) -> sa.Select[Any]:
    lot = tables.PointsLot
    return sa.select(
        col(lot.customer_id).label("customer_id"),
        _expiry_day_key().label("occasion"),
        trigger.no_subject(),
        moments.moment_after(col(lot.expires_at), trigger.LENGTH_PARAM).label("since_at"),
    ).where(col(lot.left) > 0, col(lot.expires_at).is_not(None))


def _expiry_day_key() -> sa.ColumnElement[str]:
    """day 20515: the number of the UTC day since 1970."""
    microseconds = sa.type_coerce(col(tables.PointsLot.expires_at), sa.BigInteger)
    return sa.literal("day ") + sa.cast(microseconds // MICROSECONDS_A_DAY, sa.String)


def _points_left() -> sa.ColumnElement[bool]:
    lot, enrolment = tables.PointsLot, tables.Enrolment
    return (
        sa.select(col(lot.entry_id))
        .where(
            col(lot.customer_id) == col(enrolment.customer_id),
            _expiry_day_key() == col(enrolment.occasion),
            col(lot.left) > 0,
        )
        .exists()
    )


def _describe(context: ExplainContext, rule: RuleTiming, occasion: Occasion) -> str:
    expires_at = occasion.due_at + lead_time(rule)
    points = _points_expiring_on(context, expires_at)
    template = context.sentences.OCCASION_ONE if points == 1 else context.sentences.OCCASION
    text: str = template.format(
        points=points,
        expires_at=context.format_time(expires_at),
        length=rule.in_,
        due_at=context.format_time(occasion.due_at),
    )
    return text


def _points_expiring_on(context: ExplainContext, expires_at: datetime) -> int:
    """The points that end on the same UTC day."""
    lot, day = tables.PointsLot, moments.EPOCH + DAY * ((expires_at - moments.EPOCH) // DAY)
    points = sa.select(sa.func.coalesce(sa.func.sum(col(lot.left)), 0)).where(
        col(lot.customer_id) == context.customer_id,
        col(lot.expires_at) >= day,
        col(lot.expires_at) < day + DAY,
    )
    return int(context.scalar(points))


def _describe_none(context: ExplainContext, _rule: RuleTiming) -> str:
    return str(context.sentences.NONE)


EVENT = Event(
    name="points expire",
    trigger=_trigger,
    purpose=Purpose.SERVICE,
    pace=Pace.OPEN_DAYS,
    needs="in",
    facts=frozenset({"points"}),
    needs_loyalty=True,
    collects_for=DAY,
    describe_occasion=_describe,
    describe_no_occasion=_describe_none,
)
