"""`when: points earned`: one occasion in seven days, however often a customer buys in them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shop.types.feed import Feed
from triggers.durations import no_duration
from triggers.event import WEEK, Event, ExplainContext, Occasion
from triggers.lazy_modules import col, moments, orm, sa, tables, trigger
from triggers.rule_schedule import RuleTiming

MICROSECONDS_A_WEEK = WEEK // timedelta(microseconds=1)


def _trigger() -> trigger.Trigger:
    return trigger.clock_trigger(
        _occasions,
        lambda _rule: col(tables.PointsEntry.at),
        no_duration,
        customer=col(tables.PointsEntry.customer_id),
        still_applies=_not_reversed,
        end_reason="the points were taken back",
    )


def _occasions(_rule: RuleTiming) -> sa.Select[Any]:
    """The newest entries, if the rule has not acted on another one within a week of them."""
    entry = tables.PointsEntry
    newer: Any = orm.aliased(entry)
    has_newer = sa.select(newer.id).where(
        newer.customer_id == entry.customer_id,
        newer.kind == "earned",
        newer.at > entry.at,
        newer.at < moments.moment_after(col(entry.at), WEEK),
        newer.at <= trigger.NOW_PARAM,
    )
    return sa.select(
        col(entry.customer_id).label("customer_id"),
        _week_key().label("occasion"),
        trigger.no_subject(),
        col(entry.at).label("since_at"),
    ).where(
        col(entry.customer_id).is_not(None),
        col(entry.kind) == "earned",
        ~has_newer.exists(),
        ~trigger.has_begun_near(col(entry.customer_id), col(entry.at), WEEK),
    )


def _week_key() -> sa.ColumnElement[str]:
    """week 2930: the number of the week since 1970."""
    microseconds = sa.type_coerce(col(tables.PointsEntry.at), sa.BigInteger)
    return sa.literal("week ") + sa.cast(microseconds // MICROSECONDS_A_WEEK, sa.String)


def _not_reversed() -> sa.ColumnElement[bool]:
    """Points of the week are left after what refunds of their orders took back."""
    entry, enrolment = tables.PointsEntry, tables.Enrolment
    reversal: Any = orm.aliased(entry)
    reversed_points = sa.select(sa.func.coalesce(sa.func.sum(reversal.points), 0)).where(
        reversal.customer_id == col(entry.customer_id),
        reversal.kind == "reversed",
        reversal.order_source == col(entry.order_source),
        reversal.order_key == col(entry.order_key),
    )
    return (
        sa.select(col(entry.id))
        .where(
            col(entry.customer_id) == col(enrolment.customer_id),
            col(entry.kind) == "earned",
            _week_key() == col(enrolment.occasion),
            col(entry.points) + reversed_points.scalar_subquery() > 0,
        )
        .exists()
    )


def _describe(context: ExplainContext, _rule: RuleTiming, occasion: Occasion) -> str:
    earned_at = context.format_time(occasion.since_at)
    return str(context.sentences.OCCASION.format(earned_at=earned_at))


def _describe_none(context: ExplainContext, _rule: RuleTiming) -> str:
    return str(context.sentences.NONE)


EVENT = Event(
    name="points earned",
    trigger=_trigger,
    fed_by=Feed.POINTS,
    facts=frozenset({"points"}),
    needs_loyalty=True,
    collects_for=WEEK,
    describe_occasion=_describe,
    describe_no_occasion=_describe_none,
)
