"""`when: points expire`: one occasion for all points that end within a week.

The occasion comes due before the first of them ends. Its mail is about all of them: points that end
a day later each make one mail a week, not one a day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from shop.types.feed import Feed
from shop.types.purpose import Pace, Purpose
from triggers.durations import lead_time, negative_lead
from triggers.event import DAY, WEEK, Event, ExpiringLots, ExplainContext, Occasion
from triggers.lazy_modules import col, moments, orm, sa, tables, trigger, upsert
from triggers.rule_schedule import RuleTiming

if TYPE_CHECKING:
    from sqlalchemy import Connection

MICROSECONDS_A_DAY = DAY // timedelta(microseconds=1)
DAYS = WEEK // DAY  # that one occasion stands for
FIRST_DAY = "days from "  # what its key begins with, before the number of the first day
ONE_DAY = "day "  # the key of an earlier release, whose occasions stood for one day


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
        _occasion_key().label("occasion"),
        trigger.no_subject(),
        moments.moment_after(col(lot.expires_at), trigger.LENGTH_PARAM).label("since_at"),
    ).where(_has_points(lot))


def _has_points(lot: Any) -> sa.ColumnElement[bool]:
    has_points: sa.ColumnElement[bool] = sa.and_(
        lot.left > 0, lot.expires_at.is_not(None), lot.expires_at > trigger.NOW_PARAM
    )
    return has_points


def _expiry_day(lot: Any) -> sa.ColumnElement[int]:
    """The number of the UTC day since 1970 on which the lot ends."""
    return sa.type_coerce(lot.expires_at, sa.BigInteger) // MICROSECONDS_A_DAY


def _occasion_key() -> sa.ColumnElement[str]:
    """The occasion that has begun and covers the lot, or else the one that will.

    The latter are weeks that follow each other from the first day on which points end that no
    occasion covers. The expression is used inside other queries, so it names what it correlates.
    """
    lot: Any = tables.PointsLot
    other: Any = orm.aliased(lot)
    first_day = (
        sa.select(sa.func.min(_expiry_day(other)))
        .where(
            other.customer_id == lot.customer_id,
            _has_points(other),
            other.expires_at <= lot.expires_at,
            _covering(other, trigger.RULE_PARAM).is_(None),
        )
        .correlate_except(other)
        .scalar_subquery()
    )
    week = (_expiry_day(lot) - first_day) // DAYS
    key = sa.literal(FIRST_DAY) + sa.cast(first_day + week * DAYS, sa.String)
    return sa.func.coalesce(_covering(lot, trigger.RULE_PARAM), key)


def _covering(lot: Any, rule: Any) -> Any:
    """SQL expression: the occasion of `rule` that has begun and is about `lot`; NULL if none."""
    begun: Any = orm.aliased(tables.Enrolment)
    return (
        sa.select(sa.func.min(begun.occasion))
        .where(
            begun.rule == rule,
            begun.customer_id == lot.customer_id,
            begun.occasion.in_(_possible_keys(lot)),
            begun.verdict == "go",
        )
        .correlate_except(begun)
        .scalar_subquery()
    )


def _possible_keys(lot: Any) -> list[sa.ColumnElement[str]]:
    def key(start: str, earlier: int) -> sa.ColumnElement[str]:
        return sa.literal(start) + sa.cast(_expiry_day(lot) - earlier, sa.String)

    return [key(ONE_DAY, 0), *(key(FIRST_DAY, earlier) for earlier in range(DAYS))]


def _points_left() -> sa.ColumnElement[bool]:
    lot, enrolment = tables.PointsLot, tables.Enrolment
    return (
        sa.select(col(lot.entry_id))
        .where(
            col(lot.customer_id) == col(enrolment.customer_id),
            col(lot.left) > 0,
            _covering(lot, col(enrolment.rule)) == col(enrolment.occasion),
        )
        .correlate(enrolment)
        .exists()
    )


def load_expiring_lots(
    connection: Connection, enrolments: Collection[int]
) -> Mapping[int, ExpiringLots]:
    """Returns by enrolment when the points end that its occasion is about, and how many."""
    lots: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for enrolment, ends, left in connection.execute(_lots_query(), {"values": list(enrolments)}):
        lots[enrolment].append((ends, left))
    return lots


@cache
def _lots_query() -> sa.Select[Any]:
    lot, enrolment = tables.PointsLot, tables.Enrolment
    return (
        sa.select(col(enrolment.id), col(lot.expires_at), col(lot.left))
        .join(lot, col(lot.customer_id) == col(enrolment.customer_id))
        .where(
            col(enrolment.id).in_(upsert.IN_VALUES),
            col(lot.left) > 0,
            _covering(lot, col(enrolment.rule)) == col(enrolment.occasion),
        )
        .order_by(col(lot.expires_at))
    )


def _describe(context: ExplainContext, rule: RuleTiming, occasion: Occasion) -> str:
    first_end = occasion.due_at + lead_time(rule)
    lots = _lots_of(context, occasion, first_end)
    points = sum(left for _, left in lots)
    last_end = max((ends for ends, _ in lots), default=first_end)
    sentences = context.sentences
    template = sentences.OCCASION_ONE if points == 1 else sentences.OCCASION
    if last_end - first_end >= DAY:
        template = sentences.OCCASION_DAYS
    text: str = template.format(
        points=points,
        expires_at=context.format_time(first_end),
        last=context.format_time(last_end),
        length=rule.in_,
        due_at=context.format_time(occasion.due_at),
    )
    return text


def _lots_of(context: ExplainContext, occasion: Occasion, first_end: datetime) -> ExpiringLots:
    """The points that end within the days of the occasion."""
    days = DAYS if occasion.key.startswith(FIRST_DAY) else 1
    start = moments.EPOCH + DAY * ((first_end - moments.EPOCH) // DAY)
    number = occasion.key.removeprefix(FIRST_DAY)
    if number.isdigit():
        start = moments.EPOCH + DAY * int(number)
    lot = tables.PointsLot
    query = sa.select(col(lot.expires_at), col(lot.left)).where(
        col(lot.customer_id) == context.customer_id,
        col(lot.left) > 0,
        col(lot.expires_at) >= start,
        col(lot.expires_at) < start + days * DAY,
    )
    lots: Sequence[Any] = context.connection.execute(query).all()
    return [(ends, left) for ends, left in lots]


def _describe_none(context: ExplainContext, _rule: RuleTiming) -> str:
    return str(context.sentences.NONE)


EVENT = Event(
    name="points expire",
    trigger=_trigger,
    fed_by=Feed.ENDING_POINTS,
    purpose=Purpose.SERVICE,
    pace=Pace.OPEN_DAYS,
    needs="in",
    facts=frozenset({"points"}),
    needs_loyalty=True,
    collects_for=WEEK,
    expiring_lots=load_expiring_lots,
    describe_occasion=_describe,
    describe_no_occasion=_describe_none,
)
